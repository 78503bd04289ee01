import { createRequire } from 'node:module';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { firstWhere, next, type ReadonlySignal, signal, toStream } from '../src/index.ts';
import { FakeConnector } from './support/fake-connector.ts';

const place = Symbol.for('spacetimedb-signals.copies');

/** What `require` gets is a build of its own, and so another copy. */
const otherSignals: typeof import('@preact/signals-core') = createRequire(import.meta.url)('@preact/signals-core');

describe('copies of the package', () => {
  beforeEach(() => {
    Reflect.deleteProperty(globalThis, place);
  });

  afterEach(() => {
    Reflect.deleteProperty(globalThis, place);
    vi.doUnmock('@preact/signals-core');
  });

  /** Two clients of a copy of the package with its own signals or those of another, which may want to connect; what they reported by themselves. */
  async function clientsOfACopy(signals: 'its own' | 'other', wanted = true): Promise<readonly string[]> {
    vi.resetModules();
    if (signals === 'other') vi.doMock('@preact/signals-core', () => otherSignals);
    const { SpacetimeDbClient } = await import('./generated/reference/index.ts');
    const reports: string[] = [];
    for (let clients = 0; clients < 2; clients += 1) {
      const client = await SpacetimeDbClient.create({
        host: 'localhost',
        database: 'none',
        webSocket: new FakeConnector(),
      });
      client.onError((error) => reports.push(String(error)));
      if (wanted) client.connect().catch(() => undefined);
      await client.dispose();
    }
    return reports;
  }

  test('one copy is nothing to talk about, however many clients it makes, nor are two with the same signals', async () => {
    expect(await clientsOfACopy('its own')).toEqual([]);
    expect(await clientsOfACopy('its own')).toEqual([]);
  });

  test('nor is another whose clients never connect, as a server of a framework has them for its layers', async () => {
    await clientsOfACopy('its own');
    expect(await clientsOfACopy('other', false)).toEqual([]);
  });

  test('the second copy that connects a client says so, once, with what to do', async () => {
    await clientsOfACopy('its own');
    const [report, ...more] = await clientsOfACopy('other');
    expect(report).toContain('there are two copies of spacetimedb-signals');
    expect(report).toContain('npm ls spacetimedb-signals @preact/signals-core');
    expect(more).toEqual([]);
    expect(await clientsOfACopy('other')).toEqual([]);
  });

  test('a second copy that makes no client is nobody’s business: importing does nothing', async () => {
    vi.resetModules();
    await import('../src/index.ts');
    expect(Reflect.has(globalThis, place)).toBe(false);
  });
});

test('what is no signal is refused by who would wait for it for ever', async () => {
  const problem = 'only a signal can be waited for, such as client.note.rows or client.note.row(key); this is none';
  const untyped: unknown[] = [undefined, null, 7, {}, () => 7];
  for (const source of untyped as ReadonlySignal<number>[]) {
    await expect(next(source)).rejects.toThrow(new TypeError(problem));
    expect(() => toStream(source)).toThrow(new TypeError(problem));
  }
});

describe('a signal of another copy of signals-core', () => {
  const foreign = otherSignals.signal(1);

  test('is refused by whoever would wait for it in vain', async () => {
    await expect(firstWhere(foreign, (value) => value === 2)).rejects.toThrow(TypeError);
    await expect(next(foreign)).rejects.toThrow('made by another copy of @preact/signals-core');
    expect(() => toStream(foreign)).toThrow('npm ls spacetimedb-signals @preact/signals-core');
    expect(await firstWhere(signal(2), (value) => value === 2)).toBe(2);
  });
});
