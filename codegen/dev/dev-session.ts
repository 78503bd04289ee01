import {
  EmbeddedServer,
  type EmbeddedServerOptions,
  type LogRecord,
  MigrationError,
  ModuleLoadError,
} from '../../src/embedded/index.ts';
import { DataFolder } from '../../src/embedded/durability/data-folder.ts';
import { ConnectionError, hasCode, StorageError } from '../../src/errors.ts';
import { type CommandEnvironment, generateInto } from '../generate-command.ts';
import { parseGenerateOptions } from '../generate-options.ts';
import { Failure } from '../source/failure.ts';
import { type DevModule } from './dev-module.ts';
import { type DevStatus, type DevView, type Problem } from './dev-view.ts';
import { excerptOf, placeIn, type SourcePlace } from './source-excerpt.ts';
import { whoListens } from './who-listens.ts';

/** Where bindings go. */
export interface BindingsTarget {
  /** As it was given. */
  readonly folder: string;
  readonly includePrivate: boolean;
}

/** What a session is made of. */
export interface DevSessionParts {
  readonly module: DevModule;
  readonly server: Pick<EmbeddedServerOptions, 'database' | 'port' | 'dataDir' | 'durable' | 'tokenSecret'>;
  readonly bindings: readonly BindingsTarget[];
  readonly generateArguments: readonly string[];
  /** Whether rows that are in the way are forgotten. */
  readonly resets: boolean;
  readonly view: DevView;
  /** Called with the files that the module was read from, whenever it was. */
  readonly onFiles: (files: readonly string[]) => void;
  readonly environment: CommandEnvironment;
}

/** How many seconds the calls of are shown. */
const shownSeconds = 20;

/** How many of the calls that led to an error are shown. */
const shownCalls = 5;

/** A module that is being written, and the server that runs its newest version that can be run. */
export class DevSession {
  readonly #parts: DevSessionParts;
  #server: EmbeddedServer | undefined;
  /** What was built last, whether or not it runs. */
  #built: string | undefined;
  #state: DevStatus['state'] = 'waiting';
  #isFormer = false;
  #callsPerSecond: readonly number[] = [0];
  #callsBefore = 0;
  /** Settles when nothing is being done. */
  #queue: Promise<void> = Promise.resolve();

  constructor(parts: DevSessionParts) {
    this.#parts = parts;
    this.#show('waiting');
  }

  /** Whether a file, by its full path, may be one that the module is made of. */
  dependsOn(path: string): boolean {
    const files = this.#server?.moduleFiles ?? [];
    const isBundled = this.#built !== undefined && !this.#built.endsWith('.wasm');
    // Of a module that is bundled all files are known, as long as it can be.
    return !isBundled || this.#isFormer || this.#server === undefined || files.includes(path);
  }

  /** Builds the module and has it run, with all rows that fit. What goes wrong shows. */
  async rebuild(): Promise<void> {
    await this.#next(async () => {
      this.#show('building');
      const { view, server } = this.#parts;
      const start = performance.now();
      const isFirst = this.#server === undefined;
      const done = await this.#attempt(() => this.#run());
      if (done === undefined) return;
      view.say(`${done} (${Math.round(performance.now() - start)} ms)`);
      if (isFirst && server.dataDir === undefined)
        view.say('rows are in memory only: each start begins anew, --data-dir DIR keeps them');
      await this.#generate(true);
    });
  }

  /** Forgets all rows, and runs what was built last. */
  async reset(): Promise<void> {
    await this.#next(async () => {
      if (this.#built === undefined) return;
      const done = await this.#attempt(() => this.#reset());
      if (done === undefined) return;
      this.#parts.view.say(done);
      await this.#generate(true);
    });
  }

  async generate(): Promise<void> {
    await this.#next(() => this.#generate(false));
  }

  /** A second has passed. */
  tick(): void {
    const calls = this.#server?.statistics.calls ?? 0;
    this.#callsPerSecond = [...this.#callsPerSecond, Math.max(calls - this.#callsBefore, 0)].slice(-shownSeconds);
    this.#callsBefore = calls;
    this.#show(this.#state);
  }

  /** A promise was rejected that nobody listens to, which would end the process. Those of the module tell by themselves what becomes of them, but for some. */
  stray(reason: unknown, promise: unknown): void {
    const isOfThisRealm = promise instanceof Promise;
    const advice =
      'code that the module compiles itself (new Function, eval) made it, where promises are not watched: none of it may be async';
    this.#fail(
      isOfThisRealm
        ? 'a promise was rejected that nobody listens to'
        : 'a promise of the module was rejected, which takes back nothing of what was written',
      reason,
      isOfThisRealm ? [] : [advice],
    );
  }

  async close(): Promise<void> {
    await this.#queue;
    await this.#server?.close();
  }

  /** One thing after the other. */
  async #next(run: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(run);
    // What cannot be mended is for whoever asked for it.
    this.#queue = done.catch(() => undefined);
    await done;
  }

  /** Runs `run`; what goes wrong becomes the present problem, what goes right ends it. */
  async #attempt(run: () => Promise<string>): Promise<string | undefined> {
    try {
      const done = await run();
      this.#parts.onFiles(this.#server?.moduleFiles ?? []);
      this.#isFormer = false;
      this.#parts.view.problem(undefined);
      this.#show('running');
      return done;
    } catch (error) {
      const isServing = this.#server !== undefined;
      // No change of the module mends a port that is taken, or a folder that cannot be used.
      const isFatal = error instanceof ConnectionError || error instanceof StorageError;
      if (!isServing && isFatal) throw new Failure((await this.#portProblem(error)) ?? error.message, { cause: error });
      this.#isFormer = isServing;
      this.#show(isServing ? 'running' : 'waiting');
      const what = isServing
        ? 'the new module does not run; the former one goes on'
        : `the module does not run; waiting for a change in ${this.#parts.module.folder}`;
      this.#fail(what, error);
      return undefined;
    }
  }

  /** What to do where another program has the port. */
  async #portProblem(error: Error): Promise<string | undefined> {
    const { port = 0, database } = this.#parts.server;
    if (!hasCode(error.cause, 'EADDRINUSE')) return undefined;
    return `the port ${port} is taken: ${await whoListens(port, database)}; end it, or take another port with --port`;
  }

  /** Starts the server or reloads its module; the result is what to say. */
  async #run(): Promise<string> {
    const { module, environment, view } = this.#parts;
    const warn = (line: string): void => view.say(line);
    this.#built = await module.build({ ...environment, warn });
    if (this.#server === undefined) return this.#start(this.#built);
    try {
      const { changes } = await this.#server.reload(this.#built);
      return ['reloaded', ...changes].join('; ').replace('; ', ': ');
    } catch (error) {
      if (!this.#parts.resets || !(error instanceof MigrationError)) throw error;
      return `${await this.#reset()}, since ${error.problems.join('; ')}`;
    }
  }

  async #start(module: string): Promise<string> {
    const start = async (): Promise<EmbeddedServer> =>
      EmbeddedServer.start({ ...this.#parts.server, module, log: (record) => this.#log(record) });
    try {
      this.#server = await start();
    } catch (error) {
      if (!this.#parts.resets || !(error instanceof MigrationError)) throw error;
      await this.#forgetStoredRows();
      this.#server = await start();
    }
    return `${this.#server.database} is at ${this.#server.url}`;
  }

  async #reset(): Promise<string> {
    if (this.#server !== undefined) await this.#server.reset(this.#built);
    else if (this.#built !== undefined) {
      await this.#forgetStoredRows();
      await this.#start(this.#built);
    }
    return 'began anew without any rows';
  }

  /** As a server forgets them that runs. */
  async #forgetStoredRows(): Promise<void> {
    const { dataDir, database } = this.#parts.server;
    if (dataDir === undefined) return;
    const folder = await DataFolder.open(dataDir, database);
    folder.clear();
    await folder.close();
  }

  /** Writes the bindings, which come from the server like those of any other. */
  async #generate(onlyChanges: boolean): Promise<void> {
    const server = this.#server;
    const { bindings, generateArguments, environment, view } = this.#parts;
    if (server === undefined) return;
    if (bindings.length === 0 && !onlyChanges) view.say('nothing to generate: start with --generate DIR');
    for (const { folder, includePrivate } of bindings) {
      try {
        const args = ['-s', server.url, '-d', server.database, '-o', folder, ...generateArguments];
        const options = parseGenerateOptions(args);
        if (options === 'help' || options.source === undefined) continue;
        const target = { source: options.source, folder, includePrivate: options.includePrivate ?? includePrivate };
        await generateInto(target, options, this.#sayingEnvironment(environment), onlyChanges);
      } catch (error) {
        this.#fail(`the bindings in ${folder} are not written`, error);
      }
    }
  }

  #sayingEnvironment(environment: CommandEnvironment): CommandEnvironment {
    const say = (line: string): void => this.#parts.view.say(line);
    return { ...environment, print: say, warn: say };
  }

  #log(record: LogRecord): void {
    const { view, module, environment } = this.#parts;
    view.log(record);
    const { level, filename, lineNumber, functionName = 'the module', message, target } = record;
    const isDeath = level === 'panic' || target === '__spacetimedb__';
    if (!isDeath || filename === undefined || lineNumber === undefined) return;
    const [first = '', ...trace] = message.split('\n');
    const place: SourcePlace = ownPlaceIn(trace) ?? { file: filename, line: lineNumber };
    view.problem({
      title: level === 'panic' ? `${functionName} panicked: ${first}` : first,
      details: trace.map((line) => line.trim()).slice(0, shownCalls),
      excerpt: excerptOf(place, [module.folder, environment.cwd]),
      isLogged: true,
      isMendedByReset: false,
    });
  }

  #fail(title: string, error: unknown, advice: readonly string[] = []): void {
    const { view, module, environment } = this.#parts;
    const details = [...detailsOf(error), ...advice];
    const place = ownPlaceIn(details);
    const problem: Problem = {
      title,
      details,
      excerpt: place === undefined ? [] : excerptOf(place, [module.folder, environment.cwd]),
      isLogged: false,
      isMendedByReset: error instanceof MigrationError,
    };
    view.problem(problem);
  }

  #show(state: DevStatus['state']): void {
    this.#state = state;
    const { server, module, view } = this.#parts;
    const { connections, calls } = this.#server?.statistics ?? { connections: 0, calls: 0 };
    view.status({
      database: server.database,
      url: this.#server?.url,
      module: module.title,
      state,
      isFormer: this.#isFormer,
      connections,
      calls,
      callsPerSecond: this.#callsPerSecond,
    });
  }
}

/** What went wrong; the log that an error has is on the screen already. */
function detailsOf(error: unknown): readonly string[] {
  if (error instanceof MigrationError) return error.problems;
  if (error instanceof ModuleLoadError) {
    return [error.problem, ...error.trace.slice(0, shownCalls).map((call) => `at ${call}`)];
  }
  return [error instanceof Error ? error.message : String(error)];
}

/** The first place that is one of the module itself, rather than of a package. */
function ownPlaceIn(lines: readonly string[]): SourcePlace | undefined {
  return placeIn(lines.filter((line) => !line.includes('node_modules')).join('\n'));
}
