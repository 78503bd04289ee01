import { type AlgebraicType, resolveRef, type Typespace } from '../../bsatn/algebraic-type.ts';
import { toHex } from '../../bsatn/bytes.ts';
import { BsatnReader } from '../../bsatn/reader.ts';

type Print = (reader: BsatnReader) => string;

/**
 * Prints BSATN of a type as the JSON of `/sql` rows and of procedures: by position, without names.
 *
 * - a product is a list; a sum is `[tag, payload]`; the unit is `[]`
 * - integers up to 128 bits are numbers, all their digits; wider ones are `"0x…"` without leading zeros
 * - bytes are a hex text; NaN and the infinities are `null`
 *
 * `codec` values could not be printed this way: the JSON of a number has more digits than a JavaScript number.
 */
export function positionalPrinter(type: AlgebraicType, typespace: Typespace): (bytes: Uint8Array) => string {
  const print = new PrinterFactory(typespace).printerOf(type);
  return (bytes) => print(new BsatnReader(bytes, 'a value'));
}

class PrinterFactory {
  readonly #typespace: Typespace;
  readonly #byRef = new Map<number, Print>();

  constructor(typespace: Typespace) {
    this.#typespace = typespace;
  }

  printerOf(type: AlgebraicType): Print {
    switch (type.tag) {
      case 'Ref':
        return this.#printerOfRef(type.ref);
      case 'Product':
        return listOf(type.elements.map((element) => this.printerOf(element.type)));
      case 'Sum':
        return sumOf(type.variants.map((variant) => this.printerOf(variant.type)));
      case 'Array':
        return this.#printerOfArray(type.element);
      case 'String':
        return (reader) => JSON.stringify(reader.string());
      case 'Bool':
        return (reader) => String(reader.bool());
      default:
        return numbers[type.tag];
    }
  }

  /** Types may refer to themselves, so what a ref means is looked up when it is needed. */
  #printerOfRef(ref: number): Print {
    const known = this.#byRef.get(ref);
    if (known !== undefined) return known;
    let target: Print | undefined;
    const indirect: Print = (reader) => {
      target ??= this.printerOf(resolveRef({ tag: 'Ref', ref }, this.#typespace));
      return target(reader);
    };
    this.#byRef.set(ref, indirect);
    return indirect;
  }

  #printerOfArray(element: AlgebraicType): Print {
    if (element.tag === 'U8') return (reader) => `"${toHex(reader.byteView())}"`;
    const print = this.printerOf(element);
    return (reader) => {
      const count = reader.count('array', 0);
      return `[${Array.from({ length: count }, () => print(reader)).join(',')}]`;
    };
  }
}

function listOf(elements: readonly Print[]): Print {
  return (reader) => `[${elements.map((print) => print(reader)).join(',')}]`;
}

function sumOf(variants: readonly Print[]): Print {
  return (reader) => {
    const tag = reader.u8();
    const print = variants[tag];
    return print === undefined ? reader.unknownTag('sum') : `[${tag},${print(reader)}]`;
  };
}

const numbers = {
  I8: (reader: BsatnReader) => String(reader.i8()),
  U8: (reader: BsatnReader) => String(reader.u8()),
  I16: (reader: BsatnReader) => String(reader.i16()),
  U16: (reader: BsatnReader) => String(reader.u16()),
  I32: (reader: BsatnReader) => String(reader.i32()),
  U32: (reader: BsatnReader) => String(reader.u32()),
  I64: (reader: BsatnReader) => String(reader.i64()),
  U64: (reader: BsatnReader) => String(reader.u64()),
  I128: (reader: BsatnReader) => String(reader.i128()),
  U128: (reader: BsatnReader) => String(reader.u128()),
  I256: (reader: BsatnReader) => wideText(reader.i256()),
  U256: (reader: BsatnReader) => wideText(reader.u256()),
  F32: (reader: BsatnReader) => floatText(shortestSingle(reader.f32())),
  F64: (reader: BsatnReader) => floatText(reader.f64()),
} as const;

function wideText(value: bigint): string {
  return value < 0n ? `"-0x${(-value).toString(16)}"` : `"0x${value.toString(16)}"`;
}

function floatText(value: number): string {
  if (!Number.isFinite(value)) return 'null';
  if (Object.is(value, -0)) return '-0.0';
  const text = String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

/** The number with the fewest digits that is the same float of 32 bits. */
function shortestSingle(value: number): number {
  for (let digits = 1; digits <= 9; digits++) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return shorter;
  }
  return value;
}
