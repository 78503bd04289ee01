import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { describeWasm } from '../../src/embedded/wasm/describe.ts';
import { moduleFromBsatn, moduleFromJson, type ModuleModel } from '../../src/module-def/index.ts';
import { about } from './failure.ts';
import { fetchSchema } from './fetch-schema.ts';

/** Where the schema of a module comes from. */
export type ModuleSource =
  | { readonly kind: 'server'; readonly server: string; readonly database: string; readonly token: string | undefined }
  | { readonly kind: 'wasm'; readonly file: string }
  /** Schema JSON; `-` is standard input. */
  | { readonly kind: 'schema'; readonly file: string };

/** What reading needs of the process. */
export interface SourceEnvironment {
  readonly cwd: string;
  readonly readStandardInput: () => Promise<string>;
}

/** Reads a module. Throws a `Failure` of one line that names the source. */
export async function readModule(
  source: ModuleSource,
  { cwd, readStandardInput }: SourceEnvironment,
): Promise<ModuleModel> {
  switch (source.kind) {
    case 'server': {
      const { url, text } = await fetchSchema(source);
      return about(url, () => moduleFromJson(text));
    }
    case 'wasm':
      return about(source.file, async () =>
        moduleFromBsatn(await describeWasm(await readFile(resolve(cwd, source.file)))),
      );
    case 'schema':
      if (source.file === '-') return about('standard input', async () => moduleFromJson(await readStandardInput()));
      return about(source.file, async () => moduleFromJson(await readFile(resolve(cwd, source.file), 'utf8')));
  }
}
