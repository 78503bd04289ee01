import { expect } from 'vitest';

/** The row of the README for the client of a whole module with its generated code. */
export const wholeApp = 'a whole app';
/** The row for what the bench measures beside the official client: one table, one reducer, and no `pako`. */
export const smallApp = 'a small app';

const row = /^\| `?([^`|]+?)`? \| ([\d.]+) kB \|/gm;

/** The table of the README that says what a browser loads: by import, in bytes. It is the only place where these numbers are written down. */
export function quotedWeights(readme: string): ReadonlyMap<string, number> {
  const [, section = ''] = /^## What it weighs$([\s\S]*?)^## /m.exec(readme) ?? [];
  return new Map(Array.from(section.matchAll(row), ([, name = '', kilobytes]) => [name, 1000 * Number(kilobytes)]));
}

/** Fails when something weighs more than the README says, or so much less, below `atLeast` of that, that the README is out of date. */
export function expectWeight(name: string, bytes: number, quoted: ReadonlyMap<string, number>, atLeast = 0.7): void {
  const limit = quoted.get(name) ?? 0;
  console.info(`${name}: ${bytes} bytes after gzip, at most ${limit}`);
  expect(bytes, `bytes of ${name} after gzip`).toBeLessThanOrEqual(limit);
  expect(bytes, `bytes of ${name} after gzip, for which the README says ${limit}`).toBeGreaterThan(atLeast * limit);
}
