import { type Dirent } from 'node:fs';
import { readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeFolder } from '../src/platform/make-folder.ts';
import { headerMarker, inFolder } from './print/text.ts';
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
  for (const name of await writtenFiles(folder, '')) {
    if (!files.has(name)) changes.push({ name, kind: 'delete' });
  }
  return changes;
}

/**
 * The files in `inner`, a folder of the output folder with `/` at its end, that this generator wrote for it. Folders inside it are those of
 * submodules when the header of their files says so: another output folder may be in this one.
 */
async function writtenFiles(folder: string, inner: string): Promise<string[]> {
  const found: string[] = [];
  const folders: string[] = [];
  for (const entry of await entriesIn(join(folder, inner))) {
    const name = `${inner}${entry.name}`;
    if (entry.isDirectory()) folders.push(`${name}/`);
    if (!entry.isFile() || !name.endsWith('.ts')) continue;
    const [first = '', second = ''] = ((await readIfPresent(join(folder, name))) ?? '').split('\n', 2);
    const where = /, in .*$/.exec(second)?.[0] ?? '';
    if (first.startsWith(headerMarker) && where === inFolder(inner)) found.push(name);
  }
  // Without files of its own a folder is no submodule, and what is further in neither.
  if (inner !== '' && found.length === 0) return [];
  for (const name of folders) found.push(...(await writtenFiles(folder, name)));
  return found;
}

/** Carries out changes. Each file is replaced as a whole, so that nobody ever reads half of one. */
export async function applyChanges(
  folder: string,
  files: ReadonlyMap<string, string>,
  changes: readonly FileChange[],
): Promise<void> {
  for (const { name, kind } of changes) {
    const text = files.get(name);
    if (kind === 'create') await makeFolder(dirname(join(folder, name)));
    if (kind === 'delete') await deleteFile(folder, name);
    if ((kind === 'create' || kind === 'update') && text !== undefined) await replaceFile(folder, name, text);
  }
}

/** Deletes a file, and its folder when that was the last one of a submodule. */
async function deleteFile(folder: string, name: string): Promise<void> {
  await rm(join(folder, name));
  for (let inner = dirname(name); inner !== '.'; inner = dirname(inner)) {
    if ((await readdir(join(folder, inner))).length > 0) return;
    await rmdir(join(folder, inner));
  }
}

async function replaceFile(folder: string, name: string, text: string): Promise<void> {
  const temporary = join(folder, dirname(name), `.${basename(name)}.${process.pid}.tmp`);
  try {
    await writeFile(temporary, text);
    await rename(temporary, join(folder, name));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function entriesIn(folder: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.sort((left, right) => (left.name < right.name ? -1 : 1));
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
