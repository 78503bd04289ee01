import { type AlgebraicType, type NamedType, resolveRef, specialTypeOf } from '../../../src/bsatn/algebraic-type.ts';
import { ConnectionId } from '../../../src/bsatn/special/connection-id.ts';
import { Identity } from '../../../src/bsatn/special/identity.ts';
import { asList, type Json } from './json.ts';
import { type Labels } from './labels.ts';
import { referenceTypespace, rowTypeOf } from './reference-schema.ts';

/**
 * What tables held, as SQL over HTTP tells it, in a form in which two runs can be compared: with names for ids and times, and the rows sorted.
 * Nobody may have seen when a user joined but here, so that time gets its name here.
 */
export function canonicalTables(tables: ReadonlyMap<string, readonly Json[]>, labels: Labels): Json {
  for (const row of tables.get('user') ?? []) nameJoined(asList(row, 'a user'), labels);
  return Object.fromEntries(
    [...tables].map(([table, rows]) => {
      const type = rowTypeOf(table);
      return [table, rows.map((row) => JSON.stringify(canonicalValue(row, type, labels))).sort()];
    }),
  );
}

function nameJoined(row: readonly Json[], labels: Labels): void {
  const identity = labels.identity(new Identity(numberOf(row[0])));
  labels.nameTime(numberOf(row.at(-1)), `joining, ${identity}`);
}

function canonicalValue(value: Json, unresolved: AlgebraicType, labels: Labels): Json {
  const type = resolveRef(unresolved, referenceTypespace);
  switch (specialTypeOf(type)?.kind) {
    case 'identity':
      return labels.identity(new Identity(numberOf(value)));
    case 'connectionId':
      return labels.connection(new ConnectionId(numberOf(value)));
    case 'timestamp':
      return labels.time(numberOf(value));
    default:
  }
  switch (type.tag) {
    case 'Product': {
      const fields = asList(value, 'a product');
      if (fields.length !== type.elements.length) throw new Error(`${fields.length} fields of ${type.elements.length}`);
      return fields.map((field, index) => canonicalValue(field, typeAt(type.elements, index), labels));
    }
    case 'Sum': {
      const [tag, payload] = asList(value, 'a sum');
      if (typeof tag !== 'number' || payload === undefined) throw new TypeError('a sum is a tag and a payload');
      return [tag, canonicalValue(payload, typeAt(type.variants, tag), labels)];
    }
    case 'Array':
      if (type.element.tag === 'U8') return value;
      return asList(value, 'an array').map((item) => canonicalValue(item, type.element, labels));
    default:
      return Object.is(value, -0) ? 0 : value;
  }
}

function typeAt(types: readonly NamedType[], index: number): AlgebraicType {
  const named = types[index];
  if (named === undefined) throw new RangeError(`no element or variant ${index}`);
  return named.type;
}

/** The number in a special type of one field, which is a list of one; long ones are texts. */
function numberOf(value: Json | undefined): bigint {
  const [number] = asList(value, 'a special type');
  if (typeof number !== 'string' && typeof number !== 'number')
    throw new TypeError(`${JSON.stringify(value)} holds no number`);
  return BigInt(number);
}
