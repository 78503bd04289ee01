import * as fc from 'fast-check';
import { toHex } from '../../../src/bsatn/bytes.ts';
import { ConnectionId } from '../../../src/bsatn/special/connection-id.ts';
import { Identity } from '../../../src/bsatn/special/identity.ts';
import { Timestamp } from '../../../src/bsatn/special/timestamp.ts';
import { Uuid } from '../../../src/bsatn/special/uuid.ts';
import { type ConditionColumn, plainOrders } from './arbitrary-condition.ts';

/** A row as the codecs of this package have it. */
export type DecodedRow = Readonly<Record<string, unknown>>;

/** A column of a type that SQL compares: how modules write the type, values of it that are easily taken for each other, and texts of them. */
interface EveryColumn {
  readonly name: string;
  readonly source: string;
  readonly values: readonly unknown[];
  readonly order: keyof typeof plainOrders;
  /** The value as its order takes it. */
  readonly plain: (value: unknown) => unknown;
  readonly texts: (value: unknown) => readonly string[];
}

/** Who asks. */
export const sender: Identity = new Identity((0xabn << 248n) | 0x1234n);

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

function integerColumn(bits: number, isSigned: boolean): EveryColumn {
  const kind = isSigned ? 'i' : 'u';
  const [least, most] = isSigned
    ? [-(2n ** BigInt(bits - 1)), 2n ** BigInt(bits - 1) - 1n]
    : [0n, 2n ** BigInt(bits) - 1n];
  // Beyond 53 bits neighbours are one number to whoever takes them for floats.
  const values = [...new Set([least, least + 1n, isSigned ? -1n : 2n, 0n, 1n, 10n, most - 1n, most])];
  return {
    // As a server spells it.
    name: `${kind}_${bits}`,
    source: `t.${kind}${bits}()`,
    values: bits > 32 ? values : values.map(Number),
    order: 'integer',
    plain: (value) => value,
    texts: (value) => [
      String(value),
      quoted(String(value)),
      `${String(value)}.0`,
      ...(String(value).startsWith('-') ? [] : [`+${String(value)}`]),
      ...(String(value) === '10' ? ['1e1', '0x10'] : []),
    ],
  };
}

function floatColumn(bits: number, round: (value: number) => number): EveryColumn {
  const values = [NaN, -Infinity, -1.5, -0, 0, 0.1, 5e-324, 1e-45, 16_777_217, 2 ** 53 + 2, 1e38, Infinity].map(round);
  return {
    name: `f_${bits}`,
    source: `t.f${bits}()`,
    values,
    order: 'float',
    plain: (value) => value,
    texts: (value) => {
      const number = Number(value);
      if (Number.isNaN(number)) return [];
      if (!Number.isFinite(number)) return [number > 0 ? '1e400' : '-1e400'];
      // The fewest digits that mean it, which are those of another number where there are more bits.
      const short = number.toPrecision(7);
      const texts = [Object.is(number, -0) ? '-0' : String(number), number.toExponential()];
      return Object.is(round(Number(short)), number) ? [...texts, short] : texts;
    },
  };
}

/** A column of numbers that are written in hex. */
function hexColumn(
  name: string,
  source: string,
  { bytes, make, more }: { bytes: number; make: (value: bigint) => unknown; more: (hex: string) => readonly string[] },
): EveryColumn {
  const most = 2n ** BigInt(bytes * 8) - 1n;
  const valueOf = (value: unknown): bigint => {
    if (value instanceof Identity || value instanceof ConnectionId || value instanceof Uuid) return value.value;
    throw new TypeError(`${String(value)} is no value of the column ${name}`);
  };
  return {
    name,
    source,
    values: [0n, 1n, 255n, 256n, 2n ** 64n, most - 1n, most, ...(bytes === 32 ? [sender.value] : [])].map(make),
    order: 'integer',
    plain: valueOf,
    texts: (value) => {
      const hex = valueOf(value)
        .toString(16)
        .padStart(bytes * 2, '0');
      return [`0x${hex}`, ...more(hex), ...(valueOf(value) === sender.value ? [':sender'] : [])];
    },
  };
}

const inEveryForm = (hex: string): readonly string[] => [quoted(hex.toUpperCase()), `X'${hex}'`, quoted(`0x${hex}`)];

const uuidForms = (hex: string): readonly string[] => {
  const text = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return [quoted(text), quoted(`{${text.toUpperCase()}}`), quoted(`urn:uuid:${text}`)];
};

const earliest = Timestamp.fromISOString('0001-01-01T00:00:00Z').micros;
const latest = Timestamp.fromISOString('9999-12-31T23:59:59Z').micros;

function timestampTexts(value: unknown): readonly string[] {
  if (!(value instanceof Timestamp)) throw new TypeError(`${String(value)} is no timestamp`);
  const { micros } = value;
  if (micros < earliest || micros > latest) return [];
  // The same time where clocks are 90 minutes ahead.
  const ahead = new Timestamp(micros + 5_400_000_000n);
  const shifted = ahead.micros > latest ? [] : [quoted(ahead.toISOString().replace('Z', '+01:30'))];
  return [quoted(value.toISOString()), ...shifted];
}

const isBytes = (value: unknown): Uint8Array => {
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`${String(value)} is no bytes`);
};

/** All kinds of columns that SQL compares. */
export const everyColumn: readonly EveryColumn[] = [
  ...[8, 16, 32, 64, 128, 256].flatMap((bits) => [integerColumn(bits, false), integerColumn(bits, true)]),
  floatColumn(32, Math.fround),
  floatColumn(64, (value) => value),
  {
    name: 'text',
    source: 't.string()',
    values: [
      '',
      "it's",
      "''",
      '5',
      'a',
      'A',
      'a\u0000',
      'é',
      'e\u0301',
      '\uffff',
      '\u{1f600}',
      '-- no\n/* comment */',
      '%_\\',
    ],
    order: 'text',
    plain: (value) => value,
    texts: (value) => [quoted(String(value)), ...(value === '5' ? ['5'] : [])],
  },
  {
    name: 'bytes',
    source: 't.array(t.u8())',
    values: [[], [0], [0, 0], [0x7f], [0xff], [0xff, 1], [...Buffer.from(sender.toHexString(), 'hex')]].map((bytes) =>
      Uint8Array.from(bytes),
    ),
    order: 'bytes',
    plain: (value) => Buffer.from(isBytes(value)).toString('latin1'),
    texts: (value) => {
      const hex = toHex(isBytes(value));
      return [`0x${hex}`, `X'${hex}'`, quoted(hex), ...(hex === sender.toHexString() ? [':sender'] : [])];
    },
  },
  {
    name: 'flag',
    source: 't.bool()',
    values: [false, true],
    order: 'flag',
    plain: (value) => value,
    texts: (value) => [String(value), String(value).toUpperCase()],
  },
  hexColumn('owner', 't.identity()', { bytes: 32, make: (value) => new Identity(value), more: inEveryForm }),
  hexColumn('link', 't.connectionId()', { bytes: 16, make: (value) => new ConnectionId(value), more: inEveryForm }),
  hexColumn('uid', 't.uuid()', { bytes: 16, make: (value) => new Uuid(value), more: uuidForms }),
  {
    name: 'at',
    source: 't.timestamp()',
    values: [-(2n ** 63n), earliest, -1n, 0n, 1n, 951_782_400_123_456n, latest, 2n ** 63n - 1n].map(
      (micros) => new Timestamp(micros),
    ),
    order: 'integer',
    plain: (value) => (value instanceof Timestamp ? value.micros : undefined),
    texts: timestampTexts,
  },
];

/** The columns as conditions ask about them. */
export const allColumns: readonly ConditionColumn<DecodedRow>[] = everyColumn.map(
  ({ name, order, plain, values, texts }) => ({
    name,
    type: name,
    read: (row) => plain(row[name]),
    compare: plainOrders[order],
    literals: values.flatMap((value) => texts(value).map((sql) => ({ sql, value: plain(value) }))),
  }),
);

/** A few of the columns, among them one of booleans: conditions on all of them would hardly ever ask twice about one. */
export const someColumns: fc.Arbitrary<readonly ConditionColumn<DecodedRow>[]> = fc
  .subarray([...allColumns], { minLength: 1, maxLength: 3 })
  .map((some) => [...new Set([...some, ...allColumns.filter(({ type }) => type === 'flag')])]);

/** Rows with few different values in each column, and with an option before them all, so that they lie elsewhere from row to row. */
export const arbitraryDecodedRow: fc.Arbitrary<DecodedRow> = fc
  .tuple(
    fc.constantFrom(undefined, '', 'long enough to move the others'),
    ...everyColumn.map(({ values }) => fc.constantFrom(...values)),
  )
  .map(([note, ...values]) => ({
    note,
    ...Object.fromEntries(everyColumn.map(({ name }, index) => [name, values[index]])),
  }));
