import { array, assert, constantFrom, nat, property, string, tuple } from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { propertyOptions } from '../support/property.ts';

type Utf8 = typeof import('../../src/bsatn/utf-8.ts');

const browsers = (): Promise<Utf8> => import('../../src/bsatn/utf-8.ts');
const reactNative = (): Promise<Utf8> => import('../../src/bsatn/utf-8-anywhere.ts');

const platformDecoder = TextDecoder;
const strict = new platformDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lossy = new platformDecoder('utf-8', { ignoreBOM: true });

/** Bytes that are nearly UTF-8: text with some bytes changed, cut out or put in, and bytes that are dear to decoders. */
const bytes = tuple(
  string({ unit: 'binary', maxLength: 20 }),
  array(
    tuple(nat(40), constantFrom(0x00, 0x7f, 0x80, 0xbf, 0xc0, 0xc2, 0xe0, 0xed, 0xa0, 0xf0, 0x90, 0xf4, 0xf5, 0xff)),
    {
      maxLength: 4,
    },
  ),
  nat(3),
).map(([text, changes, cut]) => {
  const encoded = [...new TextEncoder().encode(text)];
  for (const [at, byte] of changes) encoded.splice(at % (encoded.length + 1), byte % 2, byte);
  return Uint8Array.from(encoded.slice(0, Math.max(0, encoded.length - cut)));
});

/** What comes back, or that it was refused. */
function outcome(decode: () => string): string | undefined {
  try {
    return decode();
  } catch (error) {
    expect(error).toSatisfy((thrown) => thrown instanceof TypeError || thrown instanceof URIError);
    return undefined;
  }
}

const platforms: readonly (readonly [string, () => Promise<Utf8>, unknown])[] = [
  ['in a browser', browsers, platformDecoder],
  ['in React Native with a decoder', reactNative, platformDecoder],
  ['in React Native without one', reactNative, undefined],
  ['in React Native with one that refuses options', reactNative, refusing],
  ['in React Native with one that does as if there were no options', reactNative, forgetful],
];

/** A polyfill that knows no `fatal`, and says so. */
function refusing(): never {
  throw new RangeError('fatal is not supported');
}

/** One that does not even say so. */
function forgetful(): Pick<TextDecoder, 'decode'> {
  return { decode: (input) => lossy.decode(input) };
}

describe.each(platforms)('UTF-8 %s', (_name, load, decoder) => {
  let utf8: Utf8;

  beforeEach(async () => {
    vi.resetModules();
    vi.stubGlobal('TextDecoder', decoder);
    utf8 = await load();
  });

  afterEach(() => {
    vi.unstubAllGlobals();
  });

  test('decodes and refuses as a strict TextDecoder does', () => {
    const asStrict = property(bytes, (input) => {
      expect(outcome(() => utf8.decodeUtf8(input))).toBe(outcome(() => strict.decode(input)));
    });
    assert(asStrict, propertyOptions(500));
  });

  test('replaces what is no UTF-8 where a TextDecoder does', () => {
    // How many replacements there are for bytes that follow each other is left to the decoder.
    const joined = (text: string): string => text.replaceAll(/\ufffd+/g, '\ufffd');
    const asLossy = property(bytes, (input) => {
      expect(joined(utf8.decodeUtf8Lossy(input))).toBe(joined(lossy.decode(input)));
    });
    assert(asLossy, propertyOptions(500));
  });

  test('takes long texts', () => {
    const text = 'ä€😀x'.repeat(5000);
    expect(utf8.decodeUtf8(new TextEncoder().encode(text))).toBe(text);
  });
});
