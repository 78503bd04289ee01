import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { headerMarker } from './print/text.ts';
import { Failure } from './source/failure.ts';

/** What has to happen to one file of an output folder. */
export interface FileChange {
  readonly name: string;
  readonly kind: 'create' | 'update' | 'delete' | 'none';
}

/**
 * Compares generated files with what a folder holds. A file with our header that is no longer generated is to be deleted; every other file
 * is left alone. Throws a {@link Failure} when a generated file would replace one without our header.
 */
export async function compareFolder(folder: string, files: ReadonlyMap<string, string>): Promise<FileChange[]> {
  const changes: FileChange[] = [];
  for (const [name, text] of files) {
    const existing = await readIfPresent(join(folder, name));
    if (existing !== undefined && !existing.startsWith(headerMarker)) {
      throw new Failure(
        `${join(folder, name)} was not written by this generator and is left as it is: remove it, or choose another folder with --out`,
      );
    }
    changes.push({ name, kind: existing === undefined ? 'create' : existing === text ? 'none' : 'update' });
  }
  for (const name of await namesIn(folder)) {
    if (files.has(name) || !name.endsWith('.ts')) continue;
    const existing = await readIfPresent(join(folder, name));
    if (existing?.startsWith(headerMarker) === true) changes.push({ name, kind: 'delete' });
  }
  return changes;
}

/** Carries out changes. Each file is replaced as a whole, so that nobody ever reads half of one. */
export async function applyChanges(
  folder: string,
  files: ReadonlyMap<string, string>,
  changes: readonly FileChange[],
): Promise<void> {
  if (changes.some(({ kind }) => kind === 'create')) await mkdir(folder, { recursive: true });
  for (const { name, kind } of changes) {
    const text = files.get(name);
    if (kind === 'delete') await rm(join(folder, name));
    if ((kind === 'create' || kind === 'update') && text !== undefined) await replaceFile(folder, name, text);
  }
}

async function replaceFile(folder: string, name: string, text: string): Promise<void> {
  const temporary = join(folder, `.${name}.${process.pid}.tmp`);
  try {
    await writeFile(temporary, text);
    await rename(temporary, join(folder, name));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
