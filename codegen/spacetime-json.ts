import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from './source/failure.ts';
import { usualFolder } from './source/project.ts';

/** One output that a `spacetime.json` asks for. */
export interface ConfiguredOutput {
  /** The folder of the module, from the folder of the file. */
  readonly modulePath: string;
  /** What says where the module is, for errors. */
  readonly namedBy: string;
  readonly folder: string;
  readonly includePrivate: boolean;
}

/** The names under which a folder's settings are; what a later one says goes before what an earlier one says. */
function fileNames(environment: string | undefined): readonly string[] {
  if (environment === undefined) return ['spacetime.json', 'spacetime.local.json'];
  return [
    'spacetime.json',
    `spacetime.${environment}.json`,
    'spacetime.local.json',
    `spacetime.${environment}.local.json`,
  ];
}

/**
 * The outputs in TypeScript that the `spacetime.json` of a folder names, with what the files of an environment say otherwise; none where there is no such
 * file. Throws a {@link Failure}.
 */
export async function readSpacetimeJson(
  folder: string,
  environment: string | undefined,
): Promise<readonly ConfiguredOutput[]> {
  return outputsOf(await readAll(folder, environment), {});
}

/** The module that a folder's settings are about. */
export interface ConfiguredModule {
  /** The folder of the module, from the folder of the file. */
  readonly modulePath: string | undefined;
  readonly database: string | undefined;
}

/** The module that the `spacetime.json` of a folder names; nothing where there is no such file. Throws a {@link Failure}. */
export async function readConfiguredModule(folder: string): Promise<ConfiguredModule> {
  const settings = await readAll(folder, undefined);
  return { modulePath: textIn(settings, 'module-path'), database: textIn(settings, 'database') };
}

async function readAll(folder: string, environment: string | undefined): Promise<Settings> {
  let settings: Settings = {};
  for (const name of fileNames(environment)) settings = { ...settings, ...(await readSettings(join(folder, name))) };
  return settings;
}

type Settings = Readonly<Record<string, unknown>>;

/** The outputs of settings, and of those inside them, which take over what they do not say themselves. */
function outputsOf(own: Settings, outer: Settings): ConfiguredOutput[] {
  const settings = { ...outer, ...own, children: undefined };
  const modulePath = textIn(settings, 'module-path');
  const outputs = listIn(settings, 'generate').flatMap((entry): ConfiguredOutput[] => {
    if (textIn(entry, 'language')?.toLowerCase() !== 'typescript') return [];
    return [
      {
        modulePath: modulePath ?? usualFolder,
        namedBy: modulePath === undefined ? 'spacetime.json names no module-path' : 'module-path of spacetime.json',
        folder: textIn(entry, 'out-dir') ?? 'src/generated',
        includePrivate: entry['include-private'] === true,
      },
    ];
  });
  return [...outputs, ...listIn(own, 'children').flatMap((child) => outputsOf(child, settings))];
}

async function readSettings(file: string): Promise<Settings> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw error;
  }
  try {
    const value: unknown = JSON.parse(text);
    if (isSettings(value)) return value;
  } catch (cause) {
    throw new Failure(`${file} is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  throw new Failure(`${file} holds no object`);
}

function textIn(settings: Settings, name: string): string | undefined {
  const value = settings[name] ?? undefined;
  if (value === undefined || typeof value === 'string') return value;
  throw new Failure(`spacetime.json: ${JSON.stringify(name)} is to be a text, not ${JSON.stringify(value)}`);
}

function listIn(settings: Settings, name: string): readonly Settings[] {
  const value = settings[name] ?? [];
  if (Array.isArray(value) && value.every(isSettings)) return value;
  throw new Failure(`spacetime.json: ${JSON.stringify(name)} is to be a list of objects, not ${JSON.stringify(value)}`);
}

function isSettings(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
