/** Writes what crosses between a test and a page: plain data with bytes, 64-bit numbers and `undefined` in it. */
export function pack(value: unknown): string {
  return JSON.stringify({ value }, (_, each: unknown) => {
    if (each instanceof Uint8Array)
      return { $bytes: btoa(Array.from(each, (byte) => String.fromCharCode(byte)).join('')) };
    return typeof each === 'bigint' ? { $integer: String(each) } : each;
  });
}

/** Reads what `pack` wrote. */
export function unpack(text: string): unknown {
  const packed: { readonly value?: unknown } = JSON.parse(text, (_, each: unknown) => {
    if (typeof each !== 'object' || each === null) return each;
    if ('$bytes' in each) return Uint8Array.from(atob(String(each.$bytes)), (byte) => byte.charCodeAt(0));
    return '$integer' in each ? BigInt(String(each.$integer)) : each;
  });
  return packed.value;
}
