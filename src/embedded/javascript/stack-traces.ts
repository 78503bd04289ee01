import { SourceMap } from 'node:module';
import { sep } from 'node:path';
import { type ModuleBundle, shortSource } from './bundle.ts';
import { define } from './realm-globals.ts';
import { type Realm } from './realm.ts';

/** A place in a module's own source, one line of a stack trace. */
export interface Frame {
  readonly functionName: string | undefined;
  /** From the folder of the project, such as `src/index.ts`. */
  readonly filename: string;
  /** The first line of a file is 1. */
  readonly line: number;
  /** The first column of a line is 1. */
  readonly column: number;
}

/** The part of the engine's view of a call that is needed here. */
interface CallSite {
  readonly getFunctionName: () => string | null;
  readonly getScriptNameOrSourceURL: () => string | null;
  readonly getLineNumber: () => number | null;
  readonly getColumnNumber: () => number | null;
}

/** The library calls what its user wrote through a function of this name, so that traces can end there. */
const endOfTrace = '__spacetimedb_end_short_backtrace';

/** Tells where in its source a module is. */
export class StackTraces {
  readonly #bundle: ModuleBundle;
  readonly #realm: Realm;
  readonly #known = new WeakMap<object, readonly Frame[]>();
  #map: SourceMap | undefined;

  /** From now on the errors of the realm have stacks that speak of the source. */
  constructor(bundle: ModuleBundle, realm: Realm) {
    this.#bundle = bundle;
    this.#realm = realm;
    define(realm.globals.Error, 'prepareStackTrace', (error: object, sites: readonly CallSite[]) => {
      const frames = this.#framesOf(sites);
      this.#known.set(error, frames);
      return [headOf(error), ...frames.map((frame) => `    at ${printFrame(frame)}`)].join('\n');
    });
  }

  /** Where an error of the realm came from, the innermost call first. What is no error has no trace. */
  of(error: unknown): readonly Frame[] {
    if (typeof error !== 'object' || error === null) return [];
    // A stack is made when somebody looks at it for the first time.
    Reflect.get(error, 'stack');
    return this.#known.get(error) ?? [];
  }

  /** The innermost call that is in the source of the project rather than in a package. */
  own(error: unknown): Frame | undefined {
    return this.of(error).find(({ filename }) => !filename.split(sep).includes('node_modules'));
  }

  /** Where the module is just now. */
  here(): Frame | undefined {
    return this.own(new this.#realm.globals.Error());
  }

  #framesOf(sites: readonly CallSite[]): readonly Frame[] {
    const frames: Frame[] = [];
    for (const site of sites) {
      // Without a name it is null, in Bun empty.
      const functionName = site.getFunctionName() || undefined;
      if (functionName === endOfTrace) break;
      const frame = this.#frame(site, functionName);
      if (frame !== undefined) frames.push(frame);
    }
    return frames;
  }

  #frame(site: CallSite, functionName: string | undefined): Frame | undefined {
    const [line, column] = [site.getLineNumber(), site.getColumnNumber()];
    if (site.getScriptNameOrSourceURL() !== this.#bundle.scriptUrl || line === null || column === null)
      return undefined;
    this.#map ??= new SourceMap({ ...mapOf(this.#bundle), file: this.#bundle.scriptUrl });
    const entry = this.#map.findEntry(line - 1, column - 1);
    if (!('originalSource' in entry) || !entry.originalSource.startsWith('file:')) return undefined;
    return {
      functionName,
      filename: shortSource(entry.originalSource, this.#bundle.folder),
      line: entry.originalLine + 1,
      column: entry.originalColumn + 1,
    };
  }
}

/** A place as terminals and editors know it, such as `createNote (src/index.ts:12:5)`. */
export function printFrame({ functionName, filename, line, column }: Frame): string {
  const place = `${filename}:${line}:${column}`;
  return functionName === undefined ? place : `${functionName} (${place})`;
}

function mapOf({ sourceMap }: ModuleBundle): ConstructorParameters<typeof SourceMap>[0] {
  const { version, sources, names, mappings } = sourceMap;
  return { file: '', version, sources: [...sources], sourcesContent: [], names: [...names], mappings, sourceRoot: '' };
}

/** What a stack begins with: name and message. An error may fail to say them. */
function headOf(error: unknown): string {
  try {
    return String(error);
  } catch {
    return 'an error that does not say what it is';
  }
}
