/** The number that exactly `digits` hex digits stand for, with or without `0x`. Throws a `SyntaxError` for anything else. */
export function bigintFromHex(text: string, digits: number, what: string): bigint {
  const bare = text.startsWith('0x') ? text.slice(2) : text;
  if (bare.length !== digits || !/^[0-9a-fA-F]+$/.test(bare)) {
    throw new SyntaxError(`${what} has ${digits} hex digits: ${JSON.stringify(text.slice(0, 100))}`);
  }
  return BigInt(`0x${bare}`);
}

/** `digits` lower-case hex digits, most significant first. */
export function bigintToHex(value: bigint, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
