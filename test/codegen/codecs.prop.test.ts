import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { generate } from '../../codegen/generate.ts';
import {
  type AlgebraicType,
  BsatnReader,
  BsatnWriter,
  type Codec,
  codecOf,
  decode,
  encode,
} from '../../src/bsatn/index.ts';
import { skipValue } from '../../src/bsatn/codec.ts';
import { moduleFromJson, type ModuleModel, toCamelCase, toPascalCase } from '../../src/module-def/index.ts';
import { type ColumnDefinition, type TableDefinition } from '../../src/store/definition.ts';
import * as bindings from '../generated/reference/index.ts';
import * as codecs from '../generated/reference/types.ts';
import { referenceSchema } from '../module-def/fixtures.ts';
import { propertyOptions } from '../support/property.ts';
import { evaluateTypes } from './evaluate.ts';
import { randomModules, randomNaming, valuesOf } from './random-module.ts';

const options = { runtime: 'spacetimedb-signals/runtime', extension: '.ts' } as const;

/** The codec that is composed at run time for the same type, with the same names. */
function composed(model: ModuleModel, type: AlgebraicType): Codec<unknown> {
  const declared = new Set(model.types.map(({ ref }) => ref));
  return codecOf(type, {
    typespace: model.typespace,
    property: toCamelCase,
    variantTag: toPascalCase,
    isDeclared: (ref) => declared.has(ref),
  });
}

function codecNameOf(type: string): string {
  return `${type.charAt(0).toLowerCase()}${type.slice(1)}Codec`;
}

/** What is not the same, of both codecs and one value. */
function differences(generated: Codec<unknown>, reference: Codec<unknown>, value: unknown): string[] {
  const bytes = encode(generated, value);
  const facts = {
    bytes: isDeepStrictEqual(bytes, encode(reference, value)),
    // Not toStrictEqual: that takes a property called constructor for a class.
    value: isDeepStrictEqual(decode(generated, bytes, 'a value'), value),
    reference: isDeepStrictEqual(decode(reference, bytes, 'a value'), value),
    minSize: generated.minSize === reference.minSize && bytes.length >= generated.minSize,
  };
  return Object.entries(facts).flatMap(([name, isSame]) => (isSame ? [] : [name]));
}

describe('a generated codec is the same as the composed one', () => {
  test('for random modules', () => {
    const inputs = randomModules.chain((module) =>
      fc
        .constantFrom(...module.refs)
        .chain(([name, ref]) =>
          fc.tuple(fc.constant({ module, name, ref }), valuesOf(module.model, ref, randomNaming)),
        ),
    );
    fc.assert(
      fc.property(inputs, ([{ module, name, ref }, value]) => {
        const { files } = generate(module.model, options);
        const exports = evaluateTypes(files.get('types.ts') ?? '');
        const codec = exports.get(codecNameOf(name === 'Tables' ? 'Tables2' : name));
        if (codec === undefined) throw new Error(`no codec of ${name} among ${[...exports.keys()].join(', ')}`);
        expect(differences(codec, composed(module.model, { tag: 'Ref', ref }), value)).toEqual([]);
      }),
      propertyOptions(300),
    );
  });

  const model = moduleFromJson(referenceSchema(10));
  const exported = new Map<string, unknown>(Object.entries(codecs));
  const visible = model.types.filter(({ name }) => name !== 'Secret' && name !== 'TickTimer');

  test.each(visible)(
    'for $name of the reference module',
    ({ name, ref }) => {
      const codec = exported.get(codecNameOf(name));
      if (!isCodec(codec)) throw new Error(`no codec of ${name}`);
      const reference = composed(model, { tag: 'Ref', ref });
      fc.assert(
        fc.property(valuesOf(model, ref, { property: toCamelCase, tag: toPascalCase }), (value) => {
          expect(differences(codec, reference, value)).toEqual([]);
        }),
        propertyOptions(50),
      );
    },
    600_000,
  );
});

test('a generated codec skips exactly what it reads, whole or damaged', () => {
  const damages = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 2 });
  const inputs = randomModules.chain((module) =>
    fc.tuple(
      fc.constant(module),
      fc.tuple(...Array.from(module.refs, ([, ref]) => valuesOf(module.model, ref, randomNaming))),
      damages,
    ),
  );
  const kinds = { sized: 0, skipping: 0, refused: 0 };
  fc.assert(
    fc.property(inputs, ([{ model, refs }, values, flips]) => {
      const exports = evaluateTypes(generate(model, options).files.get('types.ts') ?? '');
      for (const [index, name] of [...refs.keys()].entries()) {
        const codec = exports.get(codecNameOf(name === 'Tables' ? 'Tables2' : name));
        if (codec === undefined) throw new Error(`no codec of ${name}`);
        if (codec.fixedSize !== undefined) kinds.sized++;
        if (codec.skip !== undefined) kinds.skipping++;
        const bytes = encode(codec, values[index]);
        if (bytes.length > 0) for (const [at, byte] of flips) bytes[at % bytes.length] = byte;
        const read = endOf(bytes, (reader) => codec.read(reader));
        expect(endOf(bytes, (reader) => skipValue(codec, reader))).toBe(read);
        if (read === 'refused') kinds.refused++;
      }
    }),
    propertyOptions(200),
  );
  expect(Object.entries(kinds).filter(([, count]) => count === 0)).toEqual([]);
});

test('a generated codec skips the variants that it reads, and no others', () => {
  for (const codec of [codecs.statusCodec, codecs.entityKindCodec, codecs.everyTypeCodec])
    expect(codec.skip).toBeDefined();
  for (const codec of [codecs.statusCodec, codecs.entityKindCodec]) {
    for (let tag = 0; tag < 256; tag++) {
      const bytes = new Uint8Array(16);
      bytes[0] = tag;
      const read = endOf(bytes, (reader) => codec.read(reader));
      expect(endOf(bytes, (reader) => skipValue(codec, reader))).toBe(read);
    }
  }
});

/** Where a reader is after `run`, or that it threw. */
function endOf(bytes: Uint8Array, run: (reader: BsatnReader) => void): number | 'refused' {
  const reader = new BsatnReader(bytes, 'a value');
  try {
    run(reader);
    return reader.offset;
  } catch {
    return 'refused';
  }
}

test('the codecs of the columns of a table make up that of its rows', () => {
  const model = moduleFromJson(referenceSchema(10));
  const refs = new Map([...model.tables, ...model.views].map(({ name, rowRef }) => [name.canonical, rowRef]));
  const tables = Object.values<unknown>(bindings).filter(isTableDefinition);
  expect(tables).toHaveLength(11);
  for (const { name, codec, columns } of tables) {
    const rows = valuesOf(model, refs.get(name) ?? -1, { property: toCamelCase, tag: toPascalCase });
    fc.assert(
      fc.property(rows, (row) => {
        const writer = new BsatnWriter();
        for (const [property, column] of Object.entries<ColumnDefinition<unknown>>(columns)) {
          column.codec.write(writer, Object.getOwnPropertyDescriptor(row, property)?.value);
        }
        expect(writer.finish()).toEqual(encode(codec, row));
      }),
      propertyOptions(20),
    );
  }
});

function isCodec(value: unknown): value is Codec<unknown> {
  return typeof value === 'object' && value !== null && 'read' in value && 'write' in value;
}

function isTableDefinition(value: unknown): value is TableDefinition<unknown> {
  return typeof value === 'object' && value !== null && 'codec' in value && 'columns' in value;
}

test('a missing option may be null when it is written', () => {
  const codec: unknown = codecs.banCodec;
  if (!isCodec(codec)) throw new Error('no codec');
  expect(encode(codec, { reason: 'spam', until: null })).toEqual(encode(codec, { reason: 'spam', until: undefined }));
});

test('a value of no variant is refused instead of written as another', () => {
  const stranger = { tag: 'Stranger' };
  expect(() => encode(codecs.statusCodec, stranger as never)).toThrow(
    new TypeError('Stranger is no variant of Status, which has Pending, Active, Banned'),
  );
  expect(() => decode(codecs.statusCodec, new Uint8Array([3]), 'a status')).toThrow('unknown tag 0x3');
});
