import { type Plan, type TypePlan } from '../plan/plan.ts';
import { CodecPrinter } from './codec-text.ts';
import { SkipPrinter } from './skip-text.ts';
import { docComment, fileText, header, importRuntime, type ImportOptions, type Place, quoted } from './text.ts';
import { type Naming, typeText } from './use-text.ts';

/** The file of types and codecs. */
export function typesFile(plan: Plan, place: Place, options: ImportOptions): string {
  const naming = namingFor(plan, '');
  const codecs = new CodecPrinter(naming);
  const skips = new SkipPrinter(plan.types);
  const types = plan.types.map((type) => declaration(type, naming));
  const codecsOfTypes = plan.types.map((type) => [
    ...codecs.functions(type),
    ...skips.functions(type),
    `export const ${type.codec}: $.Codec<${type.name}> = { read: read$${type.name}, write: write$${type.name}, minSize: ${type.minSize}${skips.properties(type)} };`,
  ]);
  for (const { returns } of plan.procedures) codecs.request(returns);
  const blocks = [...codecsOfTypes, ...codecs.helpers()];
  if (blocks.length === 0) return fileText([header(place), ['export {};']]);
  return fileText([
    header(place),
    [importRuntime(options)],
    ...types,
    ['// How values of these types are read from BSATN, and written to it.'],
    ...blocks,
  ]);
}

/** How a file calls types; a declared type may be called like what `Array<U8>` becomes. */
export function namingFor({ types }: Plan, prefix: string): Naming {
  const isShadowed = prefix === '' && types.some(({ name }) => name === 'Uint8Array');
  return { prefix, bytes: isShadowed ? 'globalThis.Uint8Array' : 'Uint8Array' };
}

function declaration({ name, doc, shape }: TypePlan, naming: Naming): string[] {
  switch (shape.kind) {
    case 'product':
      if (shape.fields.length === 0) return [...docComment(doc), `export interface ${name} {}`];
      return [
        ...docComment(doc),
        `export interface ${name} {`,
        ...shape.fields.flatMap((field) => [
          ...docComment(field.doc, '  '),
          `  readonly ${field.property}: ${typeText(field.use, naming)};`,
        ]),
        '}',
      ];
    case 'sum':
      if (shape.variants.length === 0) return [...docComment(doc), `export type ${name} = never;`];
      return [
        ...docComment(doc),
        `export type ${name} =`,
        ...shape.variants.flatMap(({ tag, payload, doc: variantDoc }, index) => {
          const value = payload === undefined ? '' : `; readonly value: ${typeText(payload, naming)}`;
          const end = index === shape.variants.length - 1 ? ';' : '';
          return [...docComment(variantDoc, '  '), `  | { readonly tag: ${quoted(tag)}${value} }${end}`];
        }),
      ];
    case 'strings':
      if (shape.variants.some((variant) => variant.doc.length > 0)) {
        return [
          ...docComment(doc),
          `export type ${name} =`,
          ...shape.variants.flatMap(({ tag, doc: variantDoc }, index) => [
            ...docComment(variantDoc, '  '),
            `  | ${quoted(tag)}${index === shape.variants.length - 1 ? ';' : ''}`,
          ]),
        ];
      }
      return [...docComment(doc), `export type ${name} = ${shape.variants.map(({ tag }) => quoted(tag)).join(' | ')};`];
    case 'alias':
      return [...docComment(doc), `export type ${name} = ${typeText(shape.use, naming)};`];
  }
}
