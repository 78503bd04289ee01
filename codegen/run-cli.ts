import { type CommandEnvironment, generateCommand } from './generate-command.ts';
import { UsageError } from './generate-options.ts';
import { messageFor } from './source/failure.ts';
import { packageVersion } from './version.ts';

/** Runs a command, and returns its exit code when it is done. */
type Command = (args: readonly string[], environment: CommandEnvironment) => Promise<number>;

const commands: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['generate', generateCommand],
  // The server is much, and only this command needs it.
  ['dev', async (args, environment) => (await import('./dev/dev-command.ts')).devCommand(args, environment)],
]);

const help = `Usage: spacetimedb-signals <command> [options]

Commands:
  generate   write the TypeScript client of a SpacetimeDB module
  dev        serve a module that is being written, and reload it at every change

Options:
  -v, --version   show the version of this program
  -h, --help      show this text

\`spacetimedb-signals <command> --help\` says more about one.`;

/** The command line: runs what `args` ask for and returns the exit code. Errors are one line on standard error. */
export async function runCli(args: readonly string[], environment: CommandEnvironment): Promise<number> {
  const [name, ...rest] = args;
  if (name === '--help' || name === '-h' || name === 'help') {
    environment.print(help);
    return 0;
  }
  if (name === '--version' || name === '-v' || name === 'version') {
    environment.print(packageVersion());
    return 0;
  }
  const command = name === undefined ? undefined : commands.get(name);
  if (command === undefined) {
    const problem = name === undefined ? 'a command is missing' : `there is no command ${JSON.stringify(name)}`;
    environment.warn(`spacetimedb-signals: ${problem}; \`spacetimedb-signals --help\` lists them`);
    return 3;
  }
  try {
    return await command(rest, environment);
  } catch (error) {
    if (error instanceof UsageError) {
      environment.warn(
        `spacetimedb-signals ${name}: ${error.message}; \`spacetimedb-signals ${name} --help\` explains the options`,
      );
      return 3;
    }
    environment.warn(`spacetimedb-signals ${name}: ${messageFor(error) ?? unexpected(error)}`);
    return 2;
  }
}

function unexpected(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
