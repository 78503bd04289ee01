import { resolve } from 'node:path';
import { type EmbeddedServerOptions } from '../../src/embedded/index.ts';
import { followFolder } from '../follow-folder.ts';
import { type CommandEnvironment } from '../generate-command.ts';
import { readConfiguredModule, readSpacetimeJson } from '../spacetime-json.ts';
import { devHelp } from './dev-help.ts';
import { databaseName, type DevModule, findDevModule, isInside } from './dev-module.ts';
import { type DevOptions, parseDevOptions } from './dev-options.ts';
import { type BindingsTarget, DevSession } from './dev-session.ts';
import { type DevView } from './dev-view.ts';
import { type Terminal } from './footer.ts';
import { FollowedFolders } from './followed-folders.ts';
import { plainView } from './plain-view.ts';
import { terminalView } from './terminal-view.ts';
import { tokenSecret } from './token-secret.ts';

/** The command `dev`, which goes on until it is interrupted; returns its exit code. Throws a `UsageError` or a `Failure`. */
export async function devCommand(args: readonly string[], environment: CommandEnvironment): Promise<number> {
  const options = parseDevOptions(args);
  if (options === 'help') {
    environment.print(devHelp.trimEnd());
    return 0;
  }
  const configured = await readConfiguredModule(environment.cwd);
  const module = await findDevModule(options.module, configured, environment.cwd);
  const bindings = await bindingsOf(options, environment.cwd);
  const database = databaseName(options.database, configured, module);
  const ended = new AbortController();
  environment.interrupted.addEventListener('abort', () => ended.abort(), { once: true });
  const terminal = options.isPlain ? undefined : environment.terminal;
  const screen = terminal && terminalView(terminal);
  const view = screen ?? plainView(environment);
  const elsewhere = new FollowedFolders(
    ended.signal,
    (path) => session.dependsOn(path),
    () => session.rebuild(),
  );
  const session = new DevSession({
    module,
    server: { database, ...serverOptions(options, environment.cwd) },
    bindings,
    generateArguments: options.generateArguments,
    resets: options.resets,
    view,
    onFiles: (files) => elsewhere.add(files.filter((file) => !isInside(module.folder, file))),
    environment,
  });
  const release = terminal && screen && bindKeys(terminal, screen, session, ended);
  try {
    const outputs = bindings.map(({ folder }) => resolve(environment.cwd, folder));
    await serve(session, module, ended.signal, outputs);
  } finally {
    ended.abort();
    await elsewhere.end();
    release?.();
    view.close();
    await session.close();
  }
  return 0;
}

function serverOptions(
  { port, dataDir, isDurable }: DevOptions,
  cwd: string,
): Pick<EmbeddedServerOptions, 'port' | 'dataDir' | 'durable' | 'tokenSecret'> {
  const secret = tokenSecret(cwd);
  return {
    port,
    ...(secret !== undefined && { tokenSecret: secret }),
    ...(dataDir !== undefined && { dataDir: resolve(cwd, dataDir), durable: isDurable }),
  };
}

/** What the command line says, else what spacetime.json does. */
async function bindingsOf({ generate }: DevOptions, cwd: string): Promise<readonly BindingsTarget[]> {
  if (generate !== undefined) return [{ folder: generate, includePrivate: false }];
  return readSpacetimeJson(cwd, undefined);
}

function bindKeys(
  terminal: Terminal,
  view: DevView & { readonly clear: () => void },
  session: DevSession,
  ended: AbortController,
): () => void {
  return terminal.onKey((key) => {
    switch (key) {
      case 'r':
        void session.rebuild();
        return;
      case 'x':
        void session.reset();
        return;
      case 'g':
        void session.generate();
        return;
      case 'c':
        view.clear();
        return;
      case 'q':
        ended.abort();
    }
  });
}

/** Builds now and at every change, until it is ended. */
async function serve(
  session: DevSession,
  module: DevModule,
  ended: AbortSignal,
  outputs: readonly string[],
): Promise<void> {
  const counting = setInterval(() => session.tick(), 1000);
  const onStray = (reason: unknown, promise: unknown): void => session.stray(reason, promise);
  process.on('unhandledRejection', onStray);
  try {
    const isOfInterest = (path: string): boolean => {
      const full = resolve(module.folder, path);
      if (outputs.some((output) => isInside(output, full))) return false;
      return module.isOfInterest(path) && session.dependsOn(full);
    };
    await followFolder(module.folder, isOfInterest, () => session.rebuild(), ended);
  } finally {
    clearInterval(counting);
    process.off('unhandledRejection', onStray);
  }
}
