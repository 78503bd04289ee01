import { readFileSync } from 'node:fs';
import { type AlgebraicType, type NamedType, type Typespace } from '../../../src/bsatn/algebraic-type.ts';
import { type ModuleModel, moduleFromJson } from '../../../src/module-def/index.ts';

/** The reference module, whose rows fill the golden transcripts. */
export const referenceModule: ModuleModel = moduleFromJson(
  readFileSync(new URL('../../reference-module/schema.v10.json', import.meta.url), 'utf8'),
);

/** The wasm of the reference module. */
export const referenceWasm: string = new URL('../../reference-module/reference-module.wasm', import.meta.url).pathname;

export const referenceTypespace: Typespace = referenceModule.typespace;

const columnsByRelation: ReadonlyMap<string, readonly NamedType[]> = new Map(
  [...referenceModule.tables, ...referenceModule.views].map(({ name, columns }) => [name.canonical, columns]),
);

/** The type of the rows of a table or view. Throws for one that the module does not have. */
export function rowTypeOf(relation: string): AlgebraicType {
  const elements = columnsByRelation.get(relation);
  if (elements === undefined) throw new Error(`the reference module has no table or view ${relation}`);
  return { tag: 'Product', elements };
}
