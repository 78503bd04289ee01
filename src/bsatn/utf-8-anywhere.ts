// In the place of `utf-8.ts` in React Native, and in what is loaded on demand: package.json and the build say so.

type Decode = (bytes: Uint8Array) => string;

let strict: Decode | undefined;

/** Decodes UTF-8; a leading U+FEFF is kept. Throws a `TypeError` or a `URIError` where the bytes are none. */
export function decodeUtf8(bytes: Uint8Array): string {
  strict ??= platformDecoder(true) ?? decodeAsUrl;
  return strict(bytes);
}

/** Decodes what should be UTF-8; a leading U+FEFF is kept, and what is none becomes U+FFFD. */
export function decodeUtf8Lossy(bytes: Uint8Array): string {
  return (platformDecoder(false) ?? decodePiecemeal)(bytes);
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

/** Every engine has a strict decoder, that of URLs: it takes bytes as `%` and two digits each. */
function decodeAsUrl(bytes: Uint8Array): string {
  return decodeURIComponent(escapedForm(bytes));
}

let escapes: readonly string[] | undefined;

function escapedForm(bytes: Uint8Array): string {
  escapes ??= Array.from({ length: 256 }, (_, byte) => `%${byte.toString(16).padStart(2, '0')}`);
  let text = '';
  for (const byte of bytes) text += escapes[byte];
  return text;
}

/** As many escaped bytes as the first one asks for, or that one alone. */
const piece = /%[cd].%[89ab].|%e.(?:%[89ab].){2}|%f.(?:%[89ab].){3}|%../g;

function decodePiecemeal(bytes: Uint8Array): string {
  return escapedForm(bytes).replace(piece, (escaped) => {
    try {
      return decodeURIComponent(escaped);
    } catch {
      return '\ufffd';
    }
  });
}
