type Decode = (bytes: Uint8Array) => string;

let strict: Decode | undefined;

/** Decodes UTF-8; a leading U+FEFF is kept. Throws a `TypeError` where the bytes are none. */
export function decodeUtf8(bytes: Uint8Array): string {
  strict ??= platformDecoder(true) ?? ((all) => decodeByHand(all, refuse));
  return strict(bytes);
}

/** Decodes what should be UTF-8; a leading U+FEFF is kept, and what is none becomes U+FFFD. */
export function decodeUtf8Lossy(bytes: Uint8Array): string {
  return (platformDecoder(false) ?? ((all) => decodeByHand(all, () => 0xfffd)))(bytes);
}

/** Hermes, the engine of React Native, has no `TextDecoder`, and the polyfills for it know no `fatal`. */
function platformDecoder(fatal: boolean): Decode | undefined {
  try {
    const decoder = new TextDecoder('utf-8', { fatal, ignoreBOM: true });
    // Some take the options and do as if they were not there.
    if (decoder.fatal !== fatal || !decoder.ignoreBOM) return undefined;
    return (bytes) => decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

function refuse(): never {
  throw new TypeError('the bytes are no UTF-8');
}

/** The first byte says how many follow, and how large the first of those is at least and at most: nothing is written longer than it must be, no surrogates, nothing above U+10FFFF. */
function following(first: number): readonly [count: number, least: number, most: number] | undefined {
  if (first < 0xc2) return undefined;
  if (first < 0xe0) return [1, 0x80, 0xbf];
  if (first < 0xf0) return [2, first === 0xe0 ? 0xa0 : 0x80, first === 0xed ? 0x9f : 0xbf];
  if (first < 0xf5) return [3, first === 0xf0 ? 0x90 : 0x80, first === 0xf4 ? 0x8f : 0xbf];
  return undefined;
}

/** How many code points become a string at once: engines bound the number of arguments. */
const chunk = 4096;

/** `onInvalid` gives the code point that takes the place of bytes that are none, the longest beginning of a sequence at a time. */
function decodeByHand(bytes: Uint8Array, onInvalid: () => number): string {
  let text = '';
  let points: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at++] ?? 0;
    let point = first;
    if (first >= 0x80) {
      const sequence = following(first);
      if (sequence === undefined) point = onInvalid();
      else {
        const [count, least, most] = sequence;
        point = first & (0x3f >> count);
        for (let index = 0; index < count; index++) {
          const byte = bytes[at] ?? 0;
          if (byte < (index === 0 ? least : 0x80) || byte > (index === 0 ? most : 0xbf)) {
            point = onInvalid();
            break;
          }
          point = (point << 6) | (byte & 0x3f);
          at++;
        }
      }
    }
    points.push(point);
    if (points.length === chunk) {
      text += String.fromCodePoint(...points);
      points = [];
    }
  }
  return text + String.fromCodePoint(...points);
}
