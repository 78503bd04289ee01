import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { moduleFromBsatn, moduleFromJson, type ModuleModel } from '../../src/module-def/index.ts';
import { about } from './failure.ts';
import { fetchSchema } from './fetch-schema.ts';
import { describeJavaScript } from './javascript-module.ts';
import { type BuildEnvironment, buildProject } from './project.ts';
import { readSchemaText } from './schema-text.ts';

/** Where the schema of a module comes from. */
export type ModuleSource =
  | { readonly kind: 'server'; readonly server: string; readonly database: string; readonly token: string | undefined }
  /** The folder of a project, which is built; `namedBy` is what says that it is there, where the user does not. */
  | { readonly kind: 'project'; readonly folder: string; readonly namedBy?: string }
  | { readonly kind: 'wasm'; readonly file: string }
  | { readonly kind: 'javascript'; readonly file: string }
  /** Schema JSON; `-` is standard input. */
  | { readonly kind: 'schema'; readonly file: string; readonly form: 'raw' | 'canonical' | undefined };

/** What reading needs of the process. */
export interface SourceEnvironment extends BuildEnvironment {
  readonly cwd: string;
  readonly readStandardInput: () => Promise<string>;
  /** The description of a compiled module, as BSATN, from another process: the module may never come to an end. */
  readonly describeWasm: (file: string) => Promise<Uint8Array>;
}

/** Reads a module. Throws a `Failure` of one line that names the source. */
export async function readModule(source: ModuleSource, environment: SourceEnvironment): Promise<ModuleModel> {
  const { cwd, readStandardInput, describeWasm } = environment;
  switch (source.kind) {
    case 'server': {
      const { url, text } = await fetchSchema(source);
      return about(url, () => moduleFromJson(text));
    }
    case 'project':
      return about(source.namedBy === undefined ? source.folder : `${source.folder} (${source.namedBy})`, async () => {
        const { kind, file } = await buildProject(resolve(cwd, source.folder), environment);
        return moduleFromBsatn(await (kind === 'wasm' ? describeWasm(file) : describeJavaScript(file)));
      });
    case 'wasm':
      return about(source.file, async () => {
        const file = resolve(cwd, source.file);
        if (!existsSync(file)) throw new Error('there is no such file');
        return moduleFromBsatn(await describeWasm(file));
      });
    case 'javascript':
      return about(source.file, async () => moduleFromBsatn(await describeJavaScript(resolve(cwd, source.file))));
    case 'schema': {
      const { file, form } = source;
      if (file === '-') return about('standard input', async () => moduleFromJson(await readStandardInput(), { form }));
      return about(file, async () => moduleFromJson(await readSchemaText(resolve(cwd, file)), { form }));
    }
  }
}
