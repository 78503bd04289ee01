import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { type SeededRandom } from '../support/random.ts';

/** What arrives in place of the frames of a turn, and what was done to them. `undefined` is a frame of text. */
export interface MutatedFrames {
  readonly what: string;
  readonly frames: readonly (Uint8Array | undefined)[];
}

/** Damages one of `frames`; `foreign` are frames that do not belong here. */
export function mutate(
  frames: readonly Uint8Array[],
  foreign: readonly Uint8Array[],
  random: SeededRandom,
): MutatedFrames {
  const at = random.below(frames.length);
  const frame = frames[at];
  if (frame === undefined) throw new RangeError('there is no frame to mutate');
  const replaced = (what: string, ...by: readonly (Uint8Array | undefined)[]): MutatedFrames => ({
    what: `frame ${at}: ${what}`,
    frames: [...frames.slice(0, at), ...by, ...frames.slice(at + 1)],
  });
  switch (random.below(12)) {
    case 0:
      return replaced('dropped');
    case 1:
      return replaced('doubled', frame, frame);
    case 2: {
      const other = random.below(frames.length);
      return { what: `frames ${at} and ${other}: swapped`, frames: swapped(frames, at, other) };
    }
    case 3:
      return replaced('followed by a foreign one', frame, random.pick(foreign));
    case 4:
      return replaced('compressed and damaged', damaged(compressed(frame, random), random));
    case 5:
      return replaced('text', undefined);
    case 6: {
      const length = random.below(frame.length);
      return replaced(`cut at ${length}`, frame.subarray(0, length));
    }
    case 7:
      return replaced('longer', Uint8Array.of(...frame, ...randomBytes(1 + random.below(20), random)));
    case 8:
      return replaced('with an endless count', overwritten(frame, random.below(frame.length), [255, 255, 255, 255]));
    case 9:
      return replaced('shifted', shifted(frame, random));
    default:
      return replaced('damaged', damaged(frame, random));
  }
}

/** Up to three bytes are others. */
function damaged(frame: Uint8Array, random: SeededRandom): Uint8Array {
  const copy = Uint8Array.from(frame);
  for (let count = 1 + random.below(3); count > 0; count--) {
    const at = random.below(copy.length);
    // A bit, or anything: small changes make other valid messages more often.
    copy[at] = (copy[at] ?? 0) ^ (random.chance(0.5) ? 1 << random.below(8) : 1 + random.below(255));
  }
  return copy;
}

/** Some bytes in the middle are missing, or there twice. */
function shifted(frame: Uint8Array, random: SeededRandom): Uint8Array {
  const [start, end] = [random.below(frame.length), random.below(frame.length)];
  return Uint8Array.of(...frame.subarray(0, start), ...frame.subarray(end));
}

function overwritten(frame: Uint8Array, at: number, bytes: readonly number[]): Uint8Array {
  const copy = Uint8Array.from(frame);
  copy.set(bytes.slice(0, frame.length - at), at);
  return copy;
}

function compressed(frame: Uint8Array, random: SeededRandom): Uint8Array {
  const body = frame.subarray(1);
  if (random.chance(0.5)) return Uint8Array.of(2, ...gzipSync(body));
  return Uint8Array.of(1, ...brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }));
}

function randomBytes(count: number, random: SeededRandom): readonly number[] {
  return Array.from({ length: count }, () => random.below(256));
}

function swapped(frames: readonly Uint8Array[], left: number, right: number): readonly (Uint8Array | undefined)[] {
  return frames.map((frame, index) => (index === left ? frames[right] : index === right ? frames[left] : frame));
}
