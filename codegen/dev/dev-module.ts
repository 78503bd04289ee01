import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path';
import { isDatabaseName } from '../../src/embedded/fronts/database-name.ts';
import { type ConfiguredModule } from '../spacetime-json.ts';
import { about, Failure } from '../source/failure.ts';
import { type BuildEnvironment, buildProject, usualFolder } from '../source/project.ts';

/** The module that is being written. */
export interface DevModule {
  /** As people know it, such as `spacetimedb`. */
  readonly title: string;
  /** The folder that is watched, in full. */
  readonly folder: string;
  /** Whether a change of a file, by its path from the folder, may be one of the module. */
  readonly isOfInterest: (path: string) => boolean;
  /** Builds it; the result is the path that a server runs. Throws a `Failure`. */
  readonly build: (environment: BuildEnvironment) => Promise<string>;
}

/** Finds the module: what the command line names, what `spacetime.json` names, the usual folder, the present one. Throws a {@link Failure}. */
export async function findDevModule(
  given: string | undefined,
  configured: ConfiguredModule,
  cwd: string,
): Promise<DevModule> {
  const usual = existsSync(join(cwd, usualFolder)) ? usualFolder : '.';
  const title = given ?? configured.modulePath ?? usual;
  const path = resolve(cwd, title);
  const isConfigured = given === undefined && configured.modulePath !== undefined;
  const subject = isConfigured ? `${title}, the module-path of spacetime.json` : title;
  const isFolder = await about(subject, async () => (await stat(path)).isDirectory(), title);
  return isFolder ? project(title, path) : file(title, path);
}

function project(title: string, folder: string): DevModule {
  return {
    title,
    folder,
    isOfInterest: () => true,
    build: async (environment) => about(title, async () => (await buildProject(folder, environment)).file),
  };
}

function file(title: string, path: string): DevModule {
  const extension = extname(path);
  if (extension === '.wasm') {
    const name = basename(path);
    return { title, folder: dirname(path), isOfInterest: (changed) => changed === name, build: async () => path };
  }
  if (!/^\.[cm]?[jt]sx?$/.test(extension)) {
    throw new Failure(`${title} is no module: expected a project, a .wasm, or a file in TypeScript or JavaScript`);
  }
  return { title, folder: dirname(path), isOfInterest: () => true, build: async () => path };
}

/** A name for the database of a module: what is said somewhere, else that of its folder, in letters that such names have. Throws a {@link Failure} for what is no name. */
export function databaseName(given: string | undefined, configured: ConfiguredModule, { folder }: DevModule): string {
  const said = given ?? configured.database;
  if (said !== undefined) {
    if (isDatabaseName(said)) return said;
    const where = given === undefined ? 'database in spacetime.json' : '--db';
    throw new Failure(`${where} is no name for a database: ${JSON.stringify(said)}; ${nameAdvice(said)}`);
  }
  const parts = folder.split(sep).filter((part) => !['', usualFolder, 'server', 'module', 'src'].includes(part));
  return nameLike(parts.at(-1) ?? '') ?? 'dev';
}

function nameAdvice(said: string): string {
  const similar = nameLike(said);
  const rule = 'lower-case letters and digits, with single hyphens between them';
  return similar === undefined ? rule : `${rule}, such as ${similar}`;
}

function nameLike(text: string): string | undefined {
  const name = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return isDatabaseName(name) ? name : undefined;
}

/** Whether `path` is in `folder`, both in full. */
export function isInside(folder: string, path: string): boolean {
  return !relative(folder, path).startsWith('..');
}
