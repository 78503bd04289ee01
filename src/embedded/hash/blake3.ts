/*
 * BLAKE3 of inputs of at most one chunk (1,024 bytes), unkeyed, 32 bytes out. One chunk has no tree above it:
 *
 *   chaining value = IV
 *   for every block of 64 bytes, the last one padded with zeros:
 *     chaining value = compress(chaining value, block, length of the block, flags)
 *
 * The first block carries CHUNK_START, the last one CHUNK_END and ROOT; the hash is the first half of the last compression.
 */

const initial: readonly number[] = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];

/** Where the words of the message go from one round to the next. */
const permutation: readonly number[] = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];

/** The columns and then the diagonals of the state, in the order in which a round mixes them. */
const lanes: readonly (readonly [number, number, number, number])[] = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
];

const rounds = 7;
const blockSize = 64;
const chunkSize = 1024;
const chunkStart = 1;
const chunkEnd = 2;
const root = 8;

/** The BLAKE3 hash of at most 1,024 bytes: 32 bytes. Throws a `RangeError` for more. */
export function blake3(input: Uint8Array): Uint8Array<ArrayBuffer> {
  if (input.length > chunkSize)
    throw new RangeError(`blake3 of one chunk: ${input.length} bytes are more than ${chunkSize}`);
  const blocks = Math.max(1, Math.ceil(input.length / blockSize));
  let chain: Uint32Array = Uint32Array.from(initial);
  for (let index = 0; index < blocks; index++) {
    const block = input.subarray(index * blockSize, (index + 1) * blockSize);
    const flags = (index === 0 ? chunkStart : 0) | (index === blocks - 1 ? chunkEnd | root : 0);
    chain = compress(chain, block, flags);
  }
  const hash = new Uint8Array(32);
  const view = new DataView(hash.buffer);
  for (const [index, word] of chain.entries()) view.setUint32(index * 4, word, true);
  return hash;
}

function compress(chain: Uint32Array, block: Uint8Array, flags: number): Uint32Array {
  const state = Uint32Array.from([...chain, ...initial.slice(0, 4), 0, 0, block.length, flags]);
  let message = wordsOf(block);
  for (let round = 0; round < rounds; round++) {
    for (const [index, lane] of lanes.entries()) mix(state, lane, message[index * 2] ?? 0, message[index * 2 + 1] ?? 0);
    message = Uint32Array.from(permutation, (from) => message[from] ?? 0);
  }
  return Uint32Array.from(chain, (_, index) => (state[index] ?? 0) ^ (state[index + 8] ?? 0));
}

function wordsOf(block: Uint8Array): Uint32Array {
  const padded = new Uint8Array(blockSize);
  padded.set(block);
  const view = new DataView(padded.buffer);
  return Uint32Array.from({ length: blockSize / 4 }, (_, index) => view.getUint32(index * 4, true));
}

function mix(
  state: Uint32Array,
  [ia, ib, ic, id]: readonly [number, number, number, number],
  x: number,
  y: number,
): void {
  let a = state[ia] ?? 0;
  let b = state[ib] ?? 0;
  let c = state[ic] ?? 0;
  let d = state[id] ?? 0;
  a = (a + b + x) | 0;
  d = rotateRight(d ^ a, 16);
  c = (c + d) | 0;
  b = rotateRight(b ^ c, 12);
  a = (a + b + y) | 0;
  d = rotateRight(d ^ a, 8);
  c = (c + d) | 0;
  b = rotateRight(b ^ c, 7);
  state[ia] = a;
  state[ib] = b;
  state[ic] = c;
  state[id] = d;
}

function rotateRight(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}
