import { describe, expect, test } from 'vitest';
import { type AlgebraicType, resolveRef, type Typespace } from '../../src/bsatn/algebraic-type.ts';
import { fromHex, toHex } from '../../src/bsatn/bytes.ts';
import { decode, encode } from '../../src/bsatn/codec.ts';
import { codecOf } from '../../src/bsatn/composed-codec.ts';
import { ProtocolError } from '../../src/errors.ts';
import { moduleFromJson } from '../../src/module-def/index.ts';
import { referenceSchema } from '../module-def/fixtures.ts';
import { type Json } from '../support/golden/json.ts';
import { loadTranscript, type Transcript, transcriptNames } from '../support/golden/transcript.ts';

const { typespace, tables, views } = moduleFromJson(referenceSchema(10));
const rowTypes: ReadonlyMap<string, AlgebraicType> = new Map(
  [...tables, ...views].map(({ name, columns }) => [name.canonical, { tag: 'Product', elements: columns }]),
);

/** Every row that a connection held at any time, by table. */
function rowsOf(transcript: Transcript): readonly (readonly [table: string, hex: string])[] {
  const rows = transcript.steps.flatMap((step) =>
    step.kind === 'expect'
      ? [...step.rows.values()].flatMap((held) =>
          [...held].flatMap(([table, list]) => list.map((hex) => `${table} ${hex}`)),
        )
      : [],
  );
  return [...new Set(rows)].map((row) => [row.slice(0, row.indexOf(' ')), row.slice(row.indexOf(' ') + 1)]);
}

function rowTypeOf(table: string): AlgebraicType {
  const type = rowTypes.get(table);
  if (type === undefined) throw new Error(`the reference module has no table ${table}`);
  return type;
}

describe('the rows of a real server', () => {
  const transcripts = transcriptNames().map((name) => ({ name, rows: rowsOf(loadTranscript(name)) }));
  const withRows = transcripts.filter(({ rows }) => rows.length > 0);

  test.each(withRows)('in $name are read, written to the same bytes, and refused when cut', ({ rows }) => {
    for (const [table, hex] of rows) {
      const codec = codecOf(rowTypeOf(table), { typespace });
      const bytes = fromHex(hex);
      expect(toHex(encode(codec, decode(codec, bytes, table)))).toBe(hex);
      expect(() => decode(codec, bytes.subarray(0, -1), table)).toThrow(ProtocolError);
    }
  });

  test('of every type have the values that the server says in SQL', () => {
    const transcript = loadTranscript('every-type');
    const type = rowTypeOf('every_type');
    const codec = codecOf(type, { typespace });
    const rows: readonly unknown[] = rowsOf(transcript).map(([table, hex]) =>
      sqlForm(decode(codec, fromHex(hex), table), type, typespace),
    );
    const expected: readonly unknown[] = transcript.tables?.get('every_type') ?? [];
    expect(expected.length).toBe(3);
    expect(rows).toEqual(expect.arrayContaining([...expected]));
  });
});

/** A value as the server's SQL over HTTP has it: everything by position. Other than a codec it goes by the type alone, special or not. */
function sqlForm(value: unknown, type: AlgebraicType, types: Typespace): Json {
  const shape = resolveRef(type, types);
  switch (shape.tag) {
    case 'Product':
      return shape.elements.map((element, index) => sqlForm(fieldOf(value, element.name, index), element.type, types));
    case 'Sum': {
      const [tag, payload] = variantOf(
        value,
        shape.variants.map((variant) => variant.name ?? ''),
      );
      const variant = shape.variants[tag];
      if (variant === undefined) throw new Error(`no variant ${tag}`);
      return [tag, sqlForm(payload, variant.type, types)];
    }
    case 'Array':
      if (value instanceof Uint8Array) return toHex(value);
      return Array.isArray(value) ? value.map((item) => sqlForm(item, shape.element, types)) : fail(value);
    case 'F32':
    case 'F64':
      return typeof value === 'number' ? sqlFloat(value, shape.tag === 'F32') : fail(value);
    case 'U256':
    case 'I256':
      return typeof value === 'bigint'
        ? `${value < 0n ? '-' : ''}0x${(value < 0n ? -value : value).toString(16)}`
        : fail(value);
    default:
      if (typeof value === 'bigint') return value.toString().replace('-', '').length > 15 ? `${value}` : Number(value);
      return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : fail(value);
  }
}

function fieldOf(value: unknown, name: string | undefined, index: number): unknown {
  if (typeof value !== 'object' || value === null) return fail(value);
  // The classes of special types have one field, whatever its name.
  return name !== undefined && name in value ? Reflect.get(value, name) : Object.values(value)[index];
}

function variantOf(value: unknown, variants: readonly string[]): readonly [tag: number, payload: unknown] {
  if (variants[0] === 'some') return value === undefined ? [1, {}] : [0, unwrapped(value)];
  if (typeof value !== 'object' || value === null) return fail(value);
  if ('ok' in value) return [0, value.ok];
  if ('err' in value) return [1, value.err];
  if (!('tag' in value) || typeof value.tag !== 'string') return fail(value);
  return [variants.indexOf(value.tag), 'value' in value ? value.value : {}];
}

function unwrapped(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'some' in value ? value.some : value;
}

function sqlFloat(value: number, isF32: boolean): Json {
  if (!Number.isFinite(value)) return null;
  if (!isF32) return value + 0;
  const texts = Array.from({ length: 9 }, (_, digits) => Number(value.toPrecision(digits + 1)));
  return texts.find((shorter) => Math.fround(shorter) === value) ?? value;
}

function fail(value: unknown): never {
  throw new TypeError(`not a value of its type: ${String(value)}`);
}
