import {
  type AlgebraicType,
  type NamedType,
  type PrimitiveTag,
  resolveRef,
  specialTypeOf,
  type SumType,
  type Typespace,
} from '../bsatn/algebraic-type.ts';
import { fromHex } from '../bsatn/bytes.ts';
import { BsatnWriter } from '../bsatn/writer.ts';
import { DecodeError } from './datastore/cursor.ts';
import { type JsonField, type JsonNode, JsonTextError, locate, parseJsonText } from './json-text.ts';

/** The function whose arguments are read. */
export interface ArgumentList {
  readonly name: string;
  readonly params: readonly NamedType[];
}

/**
 * The BSATN of arguments that came as JSON: a list by position, or an object by name. A product is an object or a list, a sum `{"name": payload}` or
 * `[tag, payload]`, bytes a hex text or a list, 256 bits a `"0x…"`.
 * Throws a `DecodeError` whose message is that of the real server, after `invalid arguments for reducer …: `.
 */
export function encodeJsonArguments(text: string, { name, params }: ArgumentList, typespace: Typespace): Uint8Array {
  const encoder = new JsonEncoder(typespace);
  try {
    encoder.product(parseJsonText(text), params, { kind: 'reducer argument', of: `reducer args for ${name}` });
    return encoder.finish();
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error;
    const path = encoder.path;
    const problem = `${error.message} at ${locate(text, error.offset)}`;
    throw new DecodeError(`${path}: invalid arguments for function ${name}: ${path}: ${path}: ${problem}`);
  }
}

interface ProductNames {
  readonly kind: 'field' | 'reducer argument';
  readonly of: string;
}

const plainProduct: ProductNames = { kind: 'field', of: 'product type <product>' };

class JsonEncoder {
  readonly #typespace: Typespace;
  readonly #path: string[] = [];
  readonly #writer = new BsatnWriter();

  constructor(typespace: Typespace) {
    this.#typespace = typespace;
  }

  finish(): Uint8Array {
    return this.#writer.finish();
  }

  /** Where in the arguments it stopped, such as `[1].position`. */
  get path(): string {
    if (this.#path.length === 0) return '.';
    return this.#path.map((part, index) => (index === 0 || part.startsWith('[') ? part : `.${part}`)).join('');
  }

  product(node: JsonNode, elements: readonly NamedType[], names: ProductNames): void {
    if (node.kind === 'array') this.#productByPosition(node, elements, names);
    else if (node.kind === 'object') this.#productByName(node, elements, names);
    else wrongType(node, `a ${elements.length}-element tuple`);
  }

  #productByPosition(
    node: Extract<JsonNode, { kind: 'array' }>,
    elements: readonly NamedType[],
    { of }: ProductNames,
  ): void {
    for (const [index, element] of elements.entries()) {
      const item = node.items[index];
      if (item === undefined) {
        throw new JsonTextError(`invalid length ${index}, expected ${of} with ${elements.length} elements`, node.end);
      }
      this.#at(`[${index}]`, () => this.#value(item, element.type));
    }
    if (node.items.length > elements.length) throw new JsonTextError('trailing characters', node.end);
  }

  /** The fields may come in any order; the bytes are in the order of the type. */
  #productByName(
    node: Extract<JsonNode, { kind: 'object' }>,
    elements: readonly NamedType[],
    { kind }: ProductNames,
  ): void {
    const byName = new Map<string, JsonField>();
    for (const field of node.fields) {
      if (!elements.some((element) => element.name === field.name)) {
        const names = oneOf(elements.flatMap((element) => element.name ?? []));
        const expected = names === undefined ? `there are no ${kind}s` : `expected ${names}`;
        throw new JsonTextError(`unknown ${kind} \`${field.name}\`, ${expected}`, node.end);
      }
      if (byName.has(field.name)) throw new JsonTextError(`duplicate ${kind} \`${field.name}\``, field.value.end);
      byName.set(field.name, field);
    }
    for (const [index, element] of elements.entries()) {
      const field = element.name === undefined ? undefined : byName.get(element.name);
      if (field === undefined) {
        const which = element.name === undefined ? `(index ${index})` : `\`${element.name}\``;
        throw new JsonTextError(`missing ${kind} ${which}`, node.end);
      }
      this.#at(field.name, () => this.#value(field.value, element.type));
    }
  }

  #value(node: JsonNode, type: AlgebraicType): void {
    const resolved = resolveRef(type, this.#typespace);
    switch (resolved.tag) {
      case 'Product':
        this.product(node, resolved.elements, plainProduct);
        break;
      case 'Sum':
        this.#sum(node, resolved);
        break;
      case 'Array':
        if (resolved.element.tag === 'U8') this.#bytes(node);
        else this.#array(node, resolved.element);
        break;
      default:
        writePrimitive(this.#writer, node, resolved.tag);
    }
  }

  #sum(node: JsonNode, type: SumType): void {
    const isOption = specialTypeOf(type)?.kind === 'option';
    if (node.kind === 'null' && isOption) {
      this.#writer.u8(1);
      return;
    }
    const { key, payload } = variantOf(node, isOption ? 'sum type option' : 'sum type');
    const tag = tagOf(key, type, node);
    const variant = type.variants[tag];
    if (variant === undefined) {
      throw new JsonTextError(`unknown tag 0x${tag.toString(16)} for sum type <unknown>`, node.end);
    }
    this.#writer.u8(tag);
    this.#at(key, () => this.#value(payload, variant.type));
  }

  #array(node: JsonNode, element: AlgebraicType): void {
    if (node.kind !== 'array') return wrongType(node, 'a vec');
    this.#writer.u32(node.items.length);
    for (const [index, item] of node.items.entries()) this.#at(`[${index}]`, () => this.#value(item, element));
  }

  #bytes(node: JsonNode): void {
    const expected = 'a byte array or hex string';
    if (node.kind === 'string') {
      this.#writer.byteArray(bytesOfHex(node, expected));
      return;
    }
    if (node.kind !== 'array') return wrongType(node, expected);
    this.#writer.u32(node.items.length);
    for (const item of node.items) writePrimitive(this.#writer, item, 'U8');
  }

  /** What fails below `part` leaves it in the path. */
  #at(part: string, run: () => void): void {
    this.#path.push(part);
    run();
    this.#path.pop();
  }
}

function variantOf(node: JsonNode, expected: string): { readonly key: string; readonly payload: JsonNode } {
  if (node.kind === 'object') {
    const [field, ...others] = node.fields;
    if (field !== undefined && others.length === 0) return { key: field.name, payload: field.value };
    throw new JsonTextError('expected map representing sum type to have exactly one field', node.end);
  }
  if (node.kind !== 'array') return wrongType(node, expected);
  const [key, payload, ...others] = node.items;
  if (key === undefined || payload === undefined || others.length > 0) {
    throw new JsonTextError('expected seq representing sum type to have exactly two fields', node.end);
  }
  if (key.kind === 'string') return { key: key.value, payload };
  if (key.kind === 'number') return { key: key.text, payload };
  return wrongType(key, 'variant identifier (string or int)');
}

function tagOf(key: string, type: SumType, node: JsonNode): number {
  if (/^\d{1,3}$/.test(key)) return Number(key);
  const tag = type.variants.findIndex((variant) => variant.name === key);
  if (tag !== -1) return tag;
  const names = oneOf(type.variants.flatMap((variant) => variant.name ?? []));
  const expected = names === undefined ? 'there are no variants' : `expected ${names}`;
  throw new JsonTextError(`unknown variant \`${key}\`, ${expected}`, node.end);
}

function bytesOfHex(node: Extract<JsonNode, { kind: 'string' }>, expected: string): Uint8Array {
  try {
    return fromHex(node.value);
  } catch {
    throw new JsonTextError(`invalid value: string ${JSON.stringify(node.value)}, expected ${expected}`, node.end);
  }
}

function writePrimitive(writer: BsatnWriter, node: JsonNode, tag: PrimitiveTag): void {
  switch (tag) {
    case 'String':
      if (node.kind !== 'string') return wrongType(node, 'a string');
      return writer.string(node.value);
    case 'Bool':
      if (node.kind !== 'boolean') return wrongType(node, 'a boolean');
      return writer.bool(node.value);
    case 'F32':
    case 'F64':
      if (node.kind !== 'number') return wrongType(node, tag.toLowerCase());
      return tag === 'F32' ? writer.f32(Number(node.text)) : writer.f64(Number(node.text));
    case 'U256':
    case 'I256':
      return writeInteger(writer, wideInteger(node, tag), node, tag);
    default:
      if (node.kind !== 'number' || !/^-?\d+$/.test(node.text)) return wrongType(node, tag.toLowerCase());
      return writeInteger(writer, BigInt(node.text), node, tag);
  }
}

function wideInteger(node: JsonNode, tag: 'U256' | 'I256'): bigint {
  if (node.kind !== 'string') return wrongType(node, tag.toLowerCase());
  const match = /^(-?)(0x[0-9a-fA-F]+)$/.exec(node.value);
  if (match?.[2] === undefined) {
    throw new JsonTextError(
      `invalid value: string ${JSON.stringify(node.value)}, expected ${tag.toLowerCase()}`,
      node.end,
    );
  }
  return match[1] === '-' ? -BigInt(match[2]) : BigInt(match[2]);
}

type IntegerTag = Exclude<PrimitiveTag, 'String' | 'Bool' | 'F32' | 'F64'>;

function writeInteger(writer: BsatnWriter, value: bigint, node: JsonNode, tag: IntegerTag): void {
  const bits = Number(tag.slice(1));
  const fits = (tag.startsWith('I') ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value)) === value;
  if (!fits) throw new JsonTextError(`invalid value: integer \`${value}\`, expected ${tag.toLowerCase()}`, node.end);
  for (let rest = value, byte = 0; byte < bits / 8; byte++, rest >>= 8n) writer.u8(Number(BigInt.asUintN(8, rest)));
}

function wrongType(node: JsonNode, expected: string): never {
  throw new JsonTextError(`invalid type: ${describe(node)}, expected ${expected}`, node.end);
}

function describe(node: JsonNode): string {
  switch (node.kind) {
    case 'null':
      return 'null';
    case 'boolean':
      return `boolean \`${node.value}\``;
    case 'number':
      return `${/^-?\d+$/.test(node.text) ? 'integer' : 'floating point'} \`${node.text}\``;
    case 'string':
      return `string ${JSON.stringify(node.value)}`;
    case 'array':
      return 'sequence';
    case 'object':
      return 'map';
  }
}

function oneOf(names: readonly string[]): string | undefined {
  const quoted = names.map((name) => `\`${name}\``);
  const [first, second] = quoted;
  if (first === undefined) return undefined;
  if (second === undefined) return first;
  return quoted.length === 2 ? `${first} or ${second}` : `one of ${quoted.join(', ')}`;
}
