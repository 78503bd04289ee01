import { join, resolve } from 'node:path';
import { generate } from './generate.ts';
import { generateHelp, type GenerateOptions, parseGenerateOptions } from './generate-options.ts';
import { applyChanges, compareFolder, type FileChange } from './output-folder.ts';
import { about } from './source/failure.ts';
import { readModule, type SourceEnvironment } from './source/read-module.ts';

/** What a command needs of the process. */
export interface CommandEnvironment extends SourceEnvironment {
  /** Writes a line to standard output. */
  readonly print: (line: string) => void;
  /** Writes a line to standard error. */
  readonly warn: (line: string) => void;
}

/** The command `generate`; returns its exit code. Throws a `UsageError` or what the schema is refused with. */
export async function generateCommand(args: readonly string[], environment: CommandEnvironment): Promise<number> {
  const options = parseGenerateOptions(args);
  if (options === 'help') {
    environment.print(generateHelp.trimEnd());
    return 0;
  }
  const model = await readModule(options.source, environment);
  const { files, warnings } = generate(model, options.imports);
  for (const warning of warnings) environment.warn(`warning: ${warning}`);
  const folder = resolve(environment.cwd, options.folder);
  const changes = await about(options.folder, async () => {
    const found = await compareFolder(folder, files);
    if (options.mode === 'write') await applyChanges(folder, files, found);
    return found;
  });
  for (const change of changes) report(change, options, environment);
  const isDifferent = changes.some(({ kind }) => kind !== 'none');
  return options.mode === 'check' && isDifferent ? 1 : 0;
}

const sentences: Readonly<Record<GenerateOptions['mode'], Readonly<Record<FileChange['kind'], string>>>> = {
  write: { create: 'wrote', update: 'wrote', delete: 'deleted', none: 'is up to date:' },
  check: { create: 'is missing:', update: 'is not up to date:', delete: 'is no longer generated:', none: '' },
  preview: { create: 'would write', update: 'would write', delete: 'would delete', none: 'is up to date:' },
};

function report({ name, kind }: FileChange, { mode, folder }: GenerateOptions, environment: CommandEnvironment): void {
  const sentence = sentences[mode][kind];
  if (sentence !== '') environment.print(`${sentence} ${join(folder, name)}`);
}
