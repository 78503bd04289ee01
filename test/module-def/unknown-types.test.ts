import { describe, expect, test } from 'vitest';
import { moduleFromJson } from '../../src/module-def/index.ts';
import { referenceSchema } from './fixtures.ts';

/** The reference module of a server that knows one type more, which the types of these names use. */
function fromNewerServer(...typeNames: readonly string[]): string {
  const schema: NewerSchema = JSON.parse(referenceSchema(10));
  const types = schema.sections.find((each) => each.Types !== undefined)?.Types ?? [];
  const typespace = schema.sections.find((each) => each.Typespace !== undefined)?.Typespace?.types ?? [];
  for (const name of typeNames) {
    const ref = types.find(({ source_name }) => source_name.source_name === name)?.ty ?? -1;
    const product = typespace[ref];
    if (product === undefined) throw new Error(`there is no type ${name}`);
    product.Product.elements.push({ name: { some: 'ratio' }, algebraic_type: { Array: { F16: [] } } });
  }
  return JSON.stringify(schema);
}

interface NewerSchema {
  readonly sections: readonly {
    readonly Types?: readonly Declaration[];
    readonly Typespace?: { readonly types: readonly Product[] };
  }[];
}
interface Declaration {
  readonly source_name: { readonly source_name: string };
  readonly ty: number;
}
interface Product {
  readonly Product: { readonly elements: unknown[] };
}

describe('a type that only a newer server knows', () => {
  test('is left out with what uses it, where clients see none of that', () => {
    const known = moduleFromJson(referenceSchema(10));
    const { tables, reducers, schedules, warnings, types } = moduleFromJson(fromNewerServer('TickTimer', 'Secret'));
    const names = (all: readonly { readonly name: { readonly canonical: string } }[]): string[] =>
      all.map(({ name }) => name.canonical);
    expect(names(known.tables).filter((name) => !names(tables).includes(name))).toEqual(['secret', 'tick_timer']);
    expect(known.schedules).toHaveLength(1);
    expect(schedules).toEqual([]);
    expect(names(known.reducers).filter((name) => !names(reducers).includes(name))).toEqual(['tick']);
    expect(types.map(({ name }) => name)).not.toContain('TickTimer');
    expect(warnings).toEqual([
      expect.stringContaining('the table secret uses the type "F16", which this version does not know'),
      expect.stringContaining('the table tick_timer uses'),
      expect.stringContaining('the reducer tick uses'),
    ]);
  });

  test('is refused where a client sees it', () => {
    expect(() => moduleFromJson(fromNewerServer('Note'))).toThrow(
      /^module definition, Tables\[\d+\]: the table note uses the type "F16", which this version does not know; a server newer than 2\.x/,
    );
    expect(() => moduleFromJson(fromNewerServer('Ban'))).toThrow('uses the type "F16"');
  });
});
