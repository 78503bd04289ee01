import { readFile, writeFile } from 'node:fs/promises';
import { moduleFromJson, type ModuleModel, schemaJson } from '../src/module-def/index.ts';
import { about, Failure } from './source/failure.ts';

/** Writes the schema of a module, as a server would answer it, so that code can be generated of it without one. A file that holds no schema is left as it is. */
export async function dumpSchema(path: string, model: ModuleModel): Promise<'wrote' | 'is up to date:'> {
  const text = `${schemaJson(model, 10)}\n`;
  return about(path, async () => {
    const existing = await readFile(path, 'utf8').catch(() => undefined);
    if (existing === text) return 'is up to date:';
    if (existing !== undefined && !isSchema(existing))
      throw new Failure(`${path} holds no schema and is left as it is`);
    await writeFile(path, text);
    return 'wrote';
  });
}

function isSchema(text: string): boolean {
  try {
    moduleFromJson(text);
    return true;
  } catch {
    // Whatever it is, it was not written here.
    return false;
  }
}
