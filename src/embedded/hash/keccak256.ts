/*
 * Keccak-256 as it was before it became SHA-3: the padding begins with 01 instead of 06. Node's own crypto does not have it.
 *
 * The state is 5 x 5 lanes of 64 bits; each lane is two words here, low word first, because bigints are too slow for a whole module.
 */

const rateBytes = 136;
const laneCount = 25;

/** The path that rho and pi walk through the lanes, and how far each lane on it is turned. */
const path: readonly number[] = [10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1];
const turns: readonly number[] = [
  1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44,
];

const roundConstants: readonly (readonly [low: number, high: number])[] = makeRoundConstants();

/** The constants come out of a shift register, one bit for each power of two below 64. */
function makeRoundConstants(): readonly (readonly [number, number])[] {
  let register = 1;
  return Array.from({ length: 24 }, () => {
    let low = 0;
    let high = 0;
    for (let power = 0; power < 7; power++) {
      if ((register & 1) === 1) {
        const bit = (1 << power) - 1;
        if (bit < 32) low |= 1 << bit;
        else high |= 1 << (bit - 32);
      }
      register = (register << 1) ^ ((register >> 7) * 0x171);
    }
    return [low, high];
  });
}

/** The Keccak-256 hash of `input`: 32 bytes. */
export function keccak256(input: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array((Math.floor(input.length / rateBytes) + 1) * rateBytes);
  padded.set(input);
  padded[input.length] = 0x01;
  padded[padded.length - 1] = (padded.at(-1) ?? 0) | 0x80;
  const view = new DataView(padded.buffer);
  const state = new Int32Array(laneCount * 2);
  for (let block = 0; block < padded.length; block += rateBytes) {
    for (let word = 0; word < rateBytes / 4; word++) {
      state[word] = (state[word] ?? 0) ^ view.getInt32(block + word * 4, true);
    }
    permute(state);
  }
  const hash = new Uint8Array(32);
  const out = new DataView(hash.buffer);
  for (let word = 0; word < 8; word++) out.setInt32(word * 4, state[word] ?? 0, true);
  return hash;
}

function permute(state: Int32Array): void {
  const columns = new Int32Array(10);
  const row = new Int32Array(10);
  for (const constant of roundConstants) {
    theta(state, columns);
    rhoAndPi(state);
    chi(state, row);
    state[0] = (state[0] ?? 0) ^ constant[0];
    state[1] = (state[1] ?? 0) ^ constant[1];
  }
}

function theta(state: Int32Array, columns: Int32Array): void {
  for (let word = 0; word < 10; word++) {
    let parity = 0;
    for (let at = word; at < laneCount * 2; at += 10) parity ^= state[at] ?? 0;
    columns[word] = parity;
  }
  for (let x = 0; x < 5; x++) {
    const left = ((x + 4) % 5) * 2;
    const right = ((x + 1) % 5) * 2;
    const low = columns[right] ?? 0;
    const high = columns[right + 1] ?? 0;
    const mixLow = (columns[left] ?? 0) ^ ((low << 1) | (high >>> 31));
    const mixHigh = (columns[left + 1] ?? 0) ^ ((high << 1) | (low >>> 31));
    for (let at = x * 2; at < laneCount * 2; at += 10) {
      state[at] = (state[at] ?? 0) ^ mixLow;
      state[at + 1] = (state[at + 1] ?? 0) ^ mixHigh;
    }
  }
}

function rhoAndPi(state: Int32Array): void {
  let low = state[2] ?? 0;
  let high = state[3] ?? 0;
  for (const [step, lane] of path.entries()) {
    const turn = turns[step] ?? 0;
    const nextLow = state[lane * 2] ?? 0;
    const nextHigh = state[lane * 2 + 1] ?? 0;
    const [first, second] = turn < 32 ? [low, high] : [high, low];
    const by = turn % 32;
    state[lane * 2] = by === 0 ? first : (first << by) | (second >>> (32 - by));
    state[lane * 2 + 1] = by === 0 ? second : (second << by) | (first >>> (32 - by));
    low = nextLow;
    high = nextHigh;
  }
}

function chi(state: Int32Array, row: Int32Array): void {
  for (let start = 0; start < laneCount * 2; start += 10) {
    row.set(state.subarray(start, start + 10));
    for (let word = 0; word < 10; word++) {
      state[start + word] = (row[word] ?? 0) ^ (~(row[(word + 2) % 10] ?? 0) & (row[(word + 4) % 10] ?? 0));
    }
  }
}
