import { gzipSync } from 'node:zlib';
import { updates } from './cases/transaction.ts';
import { timed } from './case.ts';
import { loadOurs } from './ours.ts';
import { frameOf } from './player.ts';

const rounds = 25;

/** What a transaction of 10 rows, 1.25 kB, costs more when it comes compressed: in nanoseconds, the difference of the medians. */
export async function gzipFrame(rows: number): Promise<number> {
  const { client, querySetId, deliver } = await loadOurs(rows);
  const messages = updates([querySetId], rows, 10);
  const plain = messages.map((message) => frameOf(message));
  const compressed = messages.map((message) => new Uint8Array(Buffer.concat([Uint8Array.of(2), gzipSync(message)])));
  const times = Array.from({ length: rounds }, () => [plain, compressed].map((frames) => timeOf(frames, deliver)));
  await client.dispose();
  const [without = 0, withGzip = 0] = [0, 1].map((side) => medianOf(times.map((both) => both[side] ?? 0)));
  return withGzip - without;
}

function timeOf(frames: readonly Uint8Array[], deliver: (frame: Uint8Array) => void): number {
  return timed(frames.length, () => frames.forEach(deliver));
}

function medianOf(times: readonly number[]): number {
  return [...times].sort((left, right) => left - right)[times.length >> 1] ?? Number.NaN;
}
