import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Terminal } from './dev/footer.ts';
import { dumpSchema } from './dump-schema.ts';
import { generate } from './generate.ts';
import { generateHelp } from './generate-help.ts';
import { type GenerateOptions, type Mode, parseGenerateOptions, sourceAdvice, UsageError } from './generate-options.ts';
import { applyChanges, compareFolder, type FileChange } from './output-folder.ts';
import { about } from './source/failure.ts';
import { type ModuleSource, readModule, type SourceEnvironment } from './source/read-module.ts';
import { type DocComments, readDocComments } from './source/doc-comments.ts';
import { findModule, usualFolder } from './source/project.ts';
import { readSpacetimeJson } from './spacetime-json.ts';
import { watch } from './watch.ts';

/** What a command needs of the process. */
export interface CommandEnvironment extends SourceEnvironment {
  /** Writes a line to standard output. */
  readonly print: (line: string) => void;
  /** Aborts when the user wants a command to end that would go on for ever. */
  readonly interrupted: AbortSignal;
  /** Where there is one, with somebody at it. */
  readonly terminal?: Terminal | undefined;
}

/** One module and where its code goes. */
interface Target {
  readonly source: ModuleSource;
  /** As it was given. */
  readonly folder: string;
  readonly includePrivate: boolean;
}

/** The command `generate`; returns its exit code. Throws a `UsageError` or what the schema is refused with. */
export async function generateCommand(args: readonly string[], environment: CommandEnvironment): Promise<number> {
  const options = parseGenerateOptions(args);
  if (options === 'help') {
    environment.print(generateHelp.trimEnd());
    return 0;
  }
  const targets = await targetsOf(options, environment.cwd);
  if (options.dumpFile !== undefined && targets.length > 1) {
    throw new UsageError('--dump-schema is one file, and spacetime.json names several modules');
  }
  if (options.watches) {
    const outputs = targets.map(({ source, folder }) => ({ source, folder: resolve(environment.cwd, folder) }));
    const known = new Set<number>();
    const again = async (index: number): Promise<void> => {
      const target = targets[index];
      if (target === undefined) return;
      await generateInto(target, options, environment, known.has(index));
      known.add(index);
    };
    await watch(outputs, again, environment);
    return 0;
  }
  let isDifferent = false;
  for (const target of targets) isDifferent = (await generateInto(target, options, environment, false)) || isDifferent;
  if (options.mode !== 'check' || !isDifferent) return 0;
  if (!options.isJson) environment.warn('run the same command without --check to bring these files up to date');
  return 1;
}

async function targetsOf(options: GenerateOptions, cwd: string): Promise<readonly Target[]> {
  const { source, folder, includePrivate } = options;
  if (source !== undefined) {
    return [{ source, folder: folder ?? 'src/generated', includePrivate: includePrivate ?? false }];
  }
  const outputs = await readSpacetimeJson(cwd, options.environment);
  if (outputs.length === 0 && existsSync(join(cwd, usualFolder))) {
    const module: ModuleSource = { kind: 'project', folder: usualFolder };
    return [{ source: module, folder: folder ?? 'src/generated', includePrivate: includePrivate ?? false }];
  }
  if (outputs.length === 0) {
    throw new UsageError(
      `say where the schema comes from: ${sourceAdvice}; no spacetime.json here says it, and there is no folder ${usualFolder}`,
    );
  }
  if (folder !== undefined && outputs.length > 1)
    throw new UsageError('--out is one folder, and spacetime.json names several');
  return outputs.map((output) => ({
    source: { kind: 'project', folder: output.modulePath, namedBy: output.namedBy },
    folder: folder ?? output.folder,
    includePrivate: includePrivate ?? output.includePrivate,
  }));
}

/** Generates the code of one module and says what happened, with `onlyChanges` not when nothing did; returns whether anything was not up to date. */
export async function generateInto(
  target: Target,
  { files: layout, enums, none, mode, isJson, dumpFile, takesDocs }: GenerateOptions,
  environment: CommandEnvironment,
  onlyChanges: boolean,
): Promise<boolean> {
  const model = await readModule(target.source, environment);
  const docs = takesDocs ? await docsOf(target.source, environment) : undefined;
  const { files, warnings, hash } = generate(model, {
    ...layout,
    enums,
    none,
    includePrivate: target.includePrivate,
    docs,
  });
  const folder = resolve(environment.cwd, target.folder);
  const changes = await about(target.folder, async () => {
    const found = await compareFolder(folder, files);
    if (mode === 'write') await applyChanges(folder, files, found);
    return found;
  });
  const isDifferent = changes.some(({ kind }) => kind !== 'none');
  const dumped = dumpFile === undefined ? undefined : await dumpSchema(resolve(environment.cwd, dumpFile), model);
  if (onlyChanges && !isDifferent) return false;
  if (isJson)
    environment.print(JSON.stringify({ module: hash, folder: target.folder, mode, files: changes, warnings }));
  else {
    for (const warning of warnings) environment.warn(`warning: ${warning}`);
    for (const change of changes) report(change, mode, target.folder, environment);
    if (dumped !== undefined) environment.print(`${dumped} ${dumpFile}`);
  }
  return isDifferent;
}

async function docsOf(source: ModuleSource, { cwd }: CommandEnvironment): Promise<DocComments | undefined> {
  if (source.kind !== 'project') return undefined;
  const folder = resolve(cwd, source.folder);
  return about(source.folder, async () => readDocComments((await findModule(folder))?.folder ?? folder));
}

const sentences: Readonly<Record<Mode, Readonly<Record<FileChange['kind'], string>>>> = {
  write: { create: 'wrote', update: 'wrote', delete: 'deleted', none: 'is up to date:' },
  check: { create: 'is missing:', update: 'is not up to date:', delete: 'is no longer generated:', none: '' },
  preview: { create: 'would write', update: 'would write', delete: 'would delete', none: 'is up to date:' },
};

function report({ name, kind }: FileChange, mode: Mode, folder: string, environment: CommandEnvironment): void {
  const sentence = sentences[mode][kind];
  if (sentence !== '') environment.print(`${sentence} ${join(folder, name)}`);
}
