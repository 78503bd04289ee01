import { parseArgs } from 'node:util';
import { UsageError } from '../generate-options.ts';

/** What `dev` was asked for. */
export interface DevOptions {
  /** As it was given. */
  readonly module: string | undefined;
  readonly database: string | undefined;
  readonly port: number;
  /** The output folder of bindings, as it was given. */
  readonly generate: string | undefined;
  readonly dataDir: string | undefined;
  readonly isDurable: boolean;
  /** Whether rows that are in the way of a new module are forgotten. */
  readonly resets: boolean;
  readonly isPlain: boolean;
  /** Arguments that go to `generate`. */
  readonly generateArguments: readonly string[];
}

const defaultPort = 3000;

/** Reads the arguments after `dev`; `help` when that is asked for. Throws a {@link UsageError}. */
export function parseDevOptions(args: readonly string[]): DevOptions | 'help' {
  const end = args.indexOf('--');
  const { values, positionals } = parse(end < 0 ? args : args.slice(0, end));
  if (values.help === true) return 'help';
  const [module, second] = positionals;
  if (second !== undefined) throw new UsageError(`one module at a time: ${module} or ${second}`);
  if (values.durable === true && values['data-dir'] === undefined) {
    throw new UsageError('--durable needs --data-dir, the folder that the rows are kept in');
  }
  return {
    module,
    database: values.db,
    port: portOf(values.port),
    generate: values.generate,
    dataDir: values['data-dir'],
    isDurable: values.durable === true,
    resets: values.reset === true,
    isPlain: values.plain === true,
    generateArguments: end < 0 ? [] : args.slice(end + 1),
  };
}

interface Values {
  readonly db?: string;
  readonly port?: string;
  readonly generate?: string;
  readonly 'data-dir'?: string;
  readonly durable?: boolean;
  readonly reset?: boolean;
  readonly plain?: boolean;
  readonly help?: boolean;
}

function parse(args: readonly string[]): { readonly values: Values; readonly positionals: readonly string[] } {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        db: { type: 'string' },
        port: { type: 'string', short: 'p' },
        generate: { type: 'string', short: 'g' },
        'data-dir': { type: 'string' },
        durable: { type: 'boolean' },
        reset: { type: 'boolean' },
        plain: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const [sentence = ''] = error.message.split('. ');
    throw new UsageError(sentence.replace(/^Unknown option/, 'there is no option').replace(/\.$/, ''));
  }
}

function portOf(text: string | undefined): number {
  if (text === undefined) return defaultPort;
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new UsageError(`--port is a number from 0 to 65535, not ${JSON.stringify(text)}`);
}
