import { parseArgs } from 'node:util';
import { type PlanOptions } from './plan/plan.ts';
import { type FileOptions } from './print/text.ts';
import { type ModuleSource } from './source/read-module.ts';

/** What `generate` was asked for. */
export interface GenerateOptions {
  /** Undefined where nothing was said: then spacetime.json has to. */
  readonly source: ModuleSource | undefined;
  /** The output folder, as it was given. */
  readonly folder: string | undefined;
  readonly files: FileOptions;
  readonly includePrivate: boolean | undefined;
  readonly enums: PlanOptions['enums'];
  readonly none: PlanOptions['none'];
  /** Whether the comments of the module's source are taken over. */
  readonly takesDocs: boolean;
  /** The file that the schema is written to as well. */
  readonly dumpFile: string | undefined;
  /** Which of the configurations of a folder is in force. */
  readonly environment: string | undefined;
  /** `check`: compare only. `preview`: say what would be written. */
  readonly mode: Mode;
  readonly watches: boolean;
  /** Whether the answer is for programs. */
  readonly isJson: boolean;
}

export type Mode = 'write' | 'check' | 'preview';

/** A command line that cannot be understood; the message is one line for its author. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** Reads the arguments after `generate`; `help` when that is asked for. Throws a {@link UsageError}. */
export function parseGenerateOptions(args: readonly string[]): GenerateOptions | 'help' {
  const values = parse(args);
  if (values.help === true) return 'help';
  const source = sourceOf(values);
  const modes = ['check', 'dry-run', 'watch'] as const;
  const [first, second] = modes.filter((mode) => values[mode] === true);
  if (second !== undefined) throw new UsageError(`--${first} and --${second} exclude each other`);
  if (
    values.watch === true &&
    (source?.kind === 'schema' || source?.kind === 'wasm' || source?.kind === 'javascript')
  ) {
    throw new UsageError('--watch is for a server or a project: --server with --database, or --project');
  }
  return {
    source,
    folder: values.out,
    files: {
      isSplit: values.split === true,
      runtime: values.runtime ?? 'spacetimedb-signals/runtime',
      extension: extensionOf(values['import-ext'] ?? 'js'),
    },
    includePrivate: values['include-private'],
    enums: enumsOf(values.enums ?? 'object'),
    none: noneOf(values.option ?? 'undefined'),
    takesDocs: takesDocs(values, source),
    dumpFile: dumpFileOf(values['dump-schema'], first),
    environment: values.env,
    mode: first === 'check' ? 'check' : first === 'dry-run' ? 'preview' : 'write',
    watches: values.watch === true,
    isJson: values.json === true,
  };
}

interface Values {
  readonly server?: string;
  readonly database?: string;
  readonly token?: string;
  readonly project?: string;
  readonly wasm?: string;
  readonly js?: string;
  readonly schema?: string;
  readonly out?: string;
  readonly 'include-private'?: boolean;
  readonly raw?: boolean;
  readonly canonical?: boolean;
  readonly env?: string;
  readonly 'doc-comments'?: boolean;
  readonly 'dump-schema'?: string;
  readonly enums?: string;
  readonly option?: string;
  readonly split?: boolean;
  readonly 'import-ext'?: string;
  readonly runtime?: string;
  readonly watch?: boolean;
  readonly check?: boolean;
  readonly 'dry-run'?: boolean;
  readonly json?: boolean;
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
        project: { type: 'string', short: 'p' },
        wasm: { type: 'string' },
        js: { type: 'string' },
        schema: { type: 'string' },
        out: { type: 'string', short: 'o' },
        'include-private': { type: 'boolean' },
        raw: { type: 'boolean' },
        canonical: { type: 'boolean' },
        env: { type: 'string' },
        'doc-comments': { type: 'boolean' },
        'dump-schema': { type: 'string' },
        enums: { type: 'string' },
        option: { type: 'string' },
        split: { type: 'boolean' },
        'import-ext': { type: 'string' },
        runtime: { type: 'string' },
        watch: { type: 'boolean' },
        check: { type: 'boolean' },
        'dry-run': { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const [sentence = ''] = error.message.split('. ');
    throw new UsageError(inOurWords(sentence.replace(/\.$/, '')));
  }
}

/** What Node says of arguments that it cannot read. */
function inOurWords(sentence: string): string {
  return sentence
    .replace(/^Unknown option/, 'there is no option')
    .replace(/^Option '(.*)' argument missing$/, '$1: the value is missing')
    .replace(/^Unexpected argument (.*)$/, `what is $1? A schema comes from ${sourceAdvice}`);
}

export const sourceAdvice = '--server with --database, --project, --wasm, --js, or --schema';

function sourceOf(values: Values): ModuleSource | undefined {
  const { server, database, token, project, wasm, js, schema } = values;
  if (schema === undefined && formOf(values) !== undefined) {
    throw new UsageError('--raw and --canonical say how the names of a --schema are meant: there is none');
  }
  const isServer = server !== undefined || database !== undefined || token !== undefined;
  const count = [isServer, ...[project, wasm, js, schema].map((value) => value !== undefined)].filter(Boolean).length;
  if (count === 0) return undefined;
  if (count > 1) throw new UsageError(`the schema can come from one place only: ${sourceAdvice}`);
  if (project !== undefined) return { kind: 'project', folder: project };
  if (wasm !== undefined) return { kind: 'wasm', file: wasm };
  if (js !== undefined) return { kind: 'javascript', file: js };
  if (schema !== undefined) return { kind: 'schema', file: schema, form: formOf(values) };
  if (server === undefined) throw new UsageError('--server is missing, such as --server http://localhost:3000');
  if (database === undefined) throw new UsageError('--database is missing: the name or identity of the database');
  return { kind: 'server', server, database, token };
}

function formOf({ raw, canonical }: Values): 'raw' | 'canonical' | undefined {
  if (raw === true && canonical === true) throw new UsageError('--raw and --canonical exclude each other');
  return raw === true ? 'raw' : canonical === true ? 'canonical' : undefined;
}

function noneOf(value: string): PlanOptions['none'] {
  if (value === 'undefined' || value === 'null') return value;
  throw new UsageError(`--option is undefined or null, not ${JSON.stringify(value)}`);
}

function takesDocs(values: Values, source: ModuleSource | undefined): boolean {
  if (values['doc-comments'] !== true) return false;
  if (source === undefined || source.kind === 'project') return true;
  throw new UsageError('--doc-comments is for a project: only its source has comments');
}

function dumpFileOf(file: string | undefined, mode: string | undefined): string | undefined {
  if (file !== undefined && (mode === 'check' || mode === 'dry-run')) {
    throw new UsageError(`--dump-schema writes a file, and --${mode} writes none`);
  }
  return file;
}

function enumsOf(value: string): PlanOptions['enums'] {
  if (value === 'object' || value === 'string') return value;
  throw new UsageError(`--enums is object or string, not ${JSON.stringify(value)}`);
}

function extensionOf(value: string): FileOptions['extension'] {
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
