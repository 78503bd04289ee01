import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { growthSvg } from '../../bench/speed/growth-svg.ts';
import { type QuickResult } from '../../bench/speed/quick.ts';
import { valueText } from '../../bench/speed/table-text.ts';

const program = fileURLToPath(new URL('../../bench/bench.mjs', import.meta.url));

/** How many rows a quick run loads. */
const rows = 10_000;

let results: readonly QuickResult[];

beforeAll(async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [program, '--quick']);
  results = JSON.parse(stdout);
});

function ours(name: string): QuickResult {
  const found = results.find((result) => result.name === name && result.side === 'ours');
  if (found === undefined) throw new Error(`there is no case ${name}`);
  return found;
}

// Times are never asserted: they belong to the machine.
describe('the benches', () => {
  test('run every case on every side', () => {
    const sidesOf = (name: string): string[] => results.filter((one) => one.name === name).map(({ side }) => side);
    const names = [...new Set(results.map(({ name }) => name))];
    expect(names).toEqual(expect.arrayContaining(['load', 'update-1', 'watched-1', 'find', 'heap', 'call']));
    for (const name of names) {
      expect(sidesOf(name)).toEqual(name === 'game-frame' ? ['ours', 'limit'] : ['ours', 'official', 'limit']);
    }
  });

  test('decode each row at most once to read them all', () => {
    expect(ours('load-read').decodedRows).toBe(rows);
    expect(ours('iterate').decodedRows).toBe(rows);
  });

  test('run the effects of what changed, and no others', () => {
    expect(ours('watched-1').counts).toEqual({ effectsOfOneTransaction: 1 });
    expect(ours('watched-100').counts).toEqual({ effectsOfOneTransaction: 100 });
    expect(ours('rows').counts).toEqual({ effectsOfOneTransaction: 1 });
  });
});

test('figures are shown with three digits', () => {
  expect(valueText(0.4, 'ns')).toBe('0.40 ns');
  expect(valueText(12_345, 'ns')).toBe('12.3 µs');
  expect(valueText(123_456_789, 'ns')).toBe('123 ms');
  expect(valueText(300.6, 'bytes')).toBe('301 B');
});

test('growth is drawn on logarithmic axes: what does not grow is level', () => {
  const points = [
    [1000, 1000],
    [10_000, 1000],
    [100_000, 1000],
  ] as const;
  const svg = growthSvg([{ title: 'a < b', unit: 'µs', curves: [{ label: 'level', points }] }]);
  const [, places = ''] = /<polyline points="([^"]*)"/.exec(svg) ?? [];
  const heights = places.split(' ').map((place) => place.split(',')[1]);
  expect(heights).toHaveLength(3);
  expect(new Set(heights).size).toBe(1);
  expect(svg).toContain('a &lt; b');
});
