import { parseArgs } from 'node:util';
import { type ImportOptions } from './print/text.ts';
import { type ModuleSource } from './source/read-module.ts';

/** What `generate` was asked for. */
export interface GenerateOptions {
  readonly source: ModuleSource;
  /** The output folder, as it was given. */
  readonly folder: string;
  readonly imports: ImportOptions;
  /** `check`: compare only. `preview`: say what would be written. */
  readonly mode: 'write' | 'check' | 'preview';
}

/** A command line that cannot be understood; the message is one line for its author. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

export const generateHelp = `Writes the TypeScript client of a SpacetimeDB module: one file of types, one of tables, reducers and procedures.

Usage:
  spacetimedb-signals generate -s URL -d DATABASE [options]   from a database that runs
  spacetimedb-signals generate --wasm FILE [options]          from a built module (Rust, C#, C++)
  spacetimedb-signals generate --schema FILE|- [options]      from a schema in JSON; - reads standard input

Where the schema comes from:
  -s, --server URL         address of the server, such as http://localhost:3000
  -d, --database NAME      name or identity of the database
      --token TOKEN        token for the server, where it asks for one
      --wasm FILE          the module itself; nothing of it runs but its description of itself
      --schema FILE        what the schema endpoint of a server answers, version 9 or 10

What is written:
  -o, --out DIR            output folder (default: src/generated)
      --import-ext EXT     ending of relative imports: js, ts or none (default: js)
      --runtime SPECIFIER  module that generated code imports (default: spacetimedb-signals/runtime)
      --check              write nothing; exit with 1 when the folder is not up to date
      --dry-run            write nothing; say what would be written
  -h, --help               show this text

Files that this command did not write are never changed or deleted.
Exit codes: 0 done or up to date, 1 --check found differences, 2 the schema could not be read or written out, 3 wrong usage.

Example:
  npx spacetimedb-signals generate -s http://localhost:3000 -d notes -o src/generated
`;

/** Reads the arguments after `generate`; `help` when that is asked for. Throws a {@link UsageError}. */
export function parseGenerateOptions(args: readonly string[]): GenerateOptions | 'help' {
  const values = parse(args);
  if (values.help === true) return 'help';
  if (values.check === true && values['dry-run'] === true)
    throw new UsageError('--check and --dry-run exclude each other');
  return {
    source: sourceOf(values),
    folder: values.out ?? 'src/generated',
    imports: {
      runtime: values.runtime ?? 'spacetimedb-signals/runtime',
      extension: extensionOf(values['import-ext'] ?? 'js'),
    },
    mode: values.check === true ? 'check' : values['dry-run'] === true ? 'preview' : 'write',
  };
}

interface Values {
  readonly server?: string;
  readonly database?: string;
  readonly token?: string;
  readonly wasm?: string;
  readonly schema?: string;
  readonly out?: string;
  readonly 'import-ext'?: string;
  readonly runtime?: string;
  readonly check?: boolean;
  readonly 'dry-run'?: boolean;
  readonly help?: boolean;
}

function parse(args: readonly string[]): Values {
  try {
    return parseArgs({
      args: [...args],
      options: {
        server: { type: 'string', short: 's' },
        database: { type: 'string', short: 'd' },
        token: { type: 'string' },
        wasm: { type: 'string' },
        schema: { type: 'string' },
        out: { type: 'string', short: 'o' },
        'import-ext': { type: 'string' },
        runtime: { type: 'string' },
        check: { type: 'boolean' },
        'dry-run': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const [sentence = ''] = error.message.split('. ');
    throw new UsageError(sentence.replace(/^Unknown option/, 'there is no option').replace(/\.$/, ''));
  }
}

function sourceOf({ server, database, token, wasm, schema }: Values): ModuleSource {
  const isServer = server !== undefined || database !== undefined || token !== undefined;
  const count = [isServer, wasm !== undefined, schema !== undefined].filter(Boolean).length;
  if (count !== 1) {
    const problem = count === 0 ? 'say where the schema comes from' : 'the schema can come from one place only';
    throw new UsageError(`${problem}: --server with --database, --wasm, or --schema`);
  }
  if (wasm !== undefined) return { kind: 'wasm', file: wasm };
  if (schema !== undefined) return { kind: 'schema', file: schema };
  if (server === undefined) throw new UsageError('--server is missing, such as --server http://localhost:3000');
  if (database === undefined) throw new UsageError('--database is missing: the name or identity of the database');
  return { kind: 'server', server, database, token };
}

function extensionOf(value: string): ImportOptions['extension'] {
  switch (value) {
    case 'js':
      return '.js';
    case 'ts':
      return '.ts';
    case 'none':
      return '';
    default:
      throw new UsageError(`--import-ext is js, ts or none, not ${JSON.stringify(value)}`);
  }
}
