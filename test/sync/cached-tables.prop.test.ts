import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decode, encode } from '../../src/bsatn/codec.ts';
import { Identity } from '../../src/bsatn/special/identity.ts';
import { InMemoryOfflineStorage } from '../../src/offline/in-memory-offline-storage.ts';
import { readChanges, readSnapshot } from '../../src/offline/table-record.ts';
import { contextOf } from '../../src/store/event-context.ts';
import { noRows, type RowUpdate } from '../../src/store/step.ts';
import { createStore } from '../../src/store/store.ts';
import { createKeyedTable } from '../../src/store/table-handles.ts';
import { createPersistence } from '../../src/store/table-persistence.ts';
import { CachedTables } from '../../src/sync/cached-tables.ts';
import { rowListOf } from '../../src/wire/row-list.ts';
import { type Setting, settingTable } from '../generated/reference/index.ts';
import { FakeClock, settled } from '../support/fake-clock.ts';
import { propertyOptions } from '../support/property.ts';

type Rows = ReadonlyMap<string, string>;
type Command =
  /** A transaction of the server changes a row of a set; without a value it is gone. */
  | { readonly kind: 'change'; readonly set: number; readonly key: number; readonly value: string | undefined }
  /** The server answers for a set. */
  | { readonly kind: 'answer'; readonly set: number; readonly rows: readonly string[] }
  | { readonly kind: 'leave'; readonly set: number }
  /** The client is somebody else from here on. */
  | { readonly kind: 'become'; readonly me: number }
  /** What the store does with what it is asked from here on. */
  | { readonly kind: 'store'; readonly mood: 'works' | 'refuses' | 'is slow' }
  /** What a slow store was asked is done, or refused. */
  | { readonly kind: 'finish'; readonly isRefused: boolean }
  | { readonly kind: 'wait' | 'flush' };

const set = fc.constantFrom(1, 2);
const value = fc.constantFrom('x', 'y', 'z');
/** Few, so that an answer is often what was there before. */
const rows = fc.constantFrom<readonly string[]>([], ['x'], ['x', 'y'], ['z', 'x', 'x', 'y', 'z', 'z']);
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('change'),
      set,
      key: fc.nat({ max: 5 }),
      value: fc.option(value, { nil: undefined }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('answer'), set, rows }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave'), set }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('become'), me: fc.constantFrom(1, 2) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('store'),
      mood: fc.constantFrom('works', 'works', 'works', 'refuses', 'is slow'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('finish'), isRefused: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('wait', 'wait', 'flush') }) },
);

/** A store that works, refuses, or takes until it is told. */
class MoodyStorage extends InMemoryOfflineStorage {
  mood: Extract<Command, { kind: 'store' }>['mood'] = 'works';
  #waiting: ((isRefused: boolean) => void)[] = [];

  get isBusy(): boolean {
    return this.#waiting.length > 0;
  }

  finish(isRefused: boolean): void {
    for (const done of this.#waiting.splice(0)) done(isRefused);
  }

  override saveTableSnapshot(table: string, snapshot: Uint8Array): Promise<void> {
    return this.#moody(() => super.saveTableSnapshot(table, snapshot));
  }

  override appendTableChanges(table: string, changes: Uint8Array): Promise<void> {
    return this.#moody(() => super.appendTableChanges(table, changes));
  }

  async #moody(write: () => Promise<void>): Promise<void> {
    const isRefused =
      this.mood === 'is slow'
        ? await new Promise<boolean>((resolve) => this.#waiting.push(resolve))
        : this.mood === 'refuses';
    if (isRefused) throw new Error('refused');
    return write();
  }
}

/** A table, what is stored of it, and a model: what the table held whenever all of it was of one identity. */
class World {
  readonly #clock = new FakeClock();
  readonly #storage = new MoodyStorage();
  readonly #store = createStore({ onError: (error) => this.#problems.push(error) });
  readonly #table = createKeyedTable(this.#store, settingTable);
  readonly #tables: CachedTables;
  readonly #problems: unknown[] = [];
  readonly #refusals: unknown[] = [];
  readonly #sets = new Map<number, { rows: Rows; isStranger: boolean }>();
  readonly #history = new Set<string>();
  #me = 1;
  #comparisons = 0;

  constructor() {
    for (const table of this.#store.tables()) table.persist(createPersistence);
    this.#tables = new CachedTables({
      store: this.#store,
      storage: this.#storage,
      clock: this.#clock,
      owner: () => ({ address: 'here', identity: new Identity(BigInt(this.#me)) }),
      isAwaited: () => false,
      onError: (error) => this.#refusals.push(error),
      onRetryChanged: () => undefined,
    });
  }

  async start(): Promise<void> {
    await this.#storage.initialize({
      onBecameWriter: () => undefined,
      onDamaged: (error) => this.#problems.push(error),
    });
    await this.#tables.load(true);
  }

  async run(next: Command): Promise<void> {
    const flushed = this.#perform(next);
    await settled();
    if (this.#isPure) this.#history.add(this.#now);
    await this.#check();
    if (flushed !== undefined) await this.#await(flushed);
  }

  /** A slow store is told that it refuses until nothing is asked of it any more. */
  async #await(flushed: Promise<void>): Promise<void> {
    const done = flushed.then(() => 'done');
    const refuse = async (): Promise<string> => {
      this.#storage.finish(true);
      await settled();
      return 'not yet';
    };
    // A flush asks twice at most.
    await Promise.race([done, refuse()]);
    await Promise.race([done, refuse()]);
    expect(await Promise.race([done, refuse()])).toBe('done');
    await this.#check();
  }

  /** Gives how often what is stored was compared. */
  async finish(): Promise<number> {
    this.#storage.mood = 'works';
    this.#storage.finish(false);
    await this.run({ kind: 'wait' });
    expect(this.#tables.retryAt).toBeUndefined();
    await this.#tables.flush();
    this.#tables.stop();
    expect([this.#problems, this.#clock.openTimers]).toEqual([[], 0]);
    return this.#comparisons;
  }

  #perform(next: Command): Promise<void> | undefined {
    switch (next.kind) {
      case 'change': {
        const held = this.#sets.get(next.set);
        if (held === undefined || held.isStranger) return undefined;
        const key = `${next.set}-${next.key}`;
        const rows = new Map(held.rows);
        if (next.value === undefined) rows.delete(key);
        else rows.set(key, next.value);
        return this.#apply(next.set, rows, false);
      }
      case 'answer':
        return this.#apply(next.set, new Map(next.rows.map((text, index) => [`${next.set}-${index}`, text])), true);
      case 'leave':
        return this.#apply(next.set, new Map(), true);
      case 'become':
        if (next.me === this.#me) return undefined;
        this.#me = next.me;
        for (const held of this.#sets.values()) held.isStranger = held.rows.size > 0;
        this.#tables.onIdentityChanged();
        return undefined;
      case 'store':
        this.#storage.mood = next.mood;
        return undefined;
      case 'finish':
        this.#storage.finish(next.isRefused);
        return undefined;
      case 'wait':
        this.#clock.advance(60_000);
        return undefined;
      case 'flush':
        return this.#tables.flush();
    }
  }

  /** `isAnew`: the rows take the place of those before. */
  #apply(querySetId: number, rows: Rows, isAnew: boolean): undefined {
    const before: Rows = isAnew ? new Map() : (this.#sets.get(querySetId)?.rows ?? new Map());
    this.#sets.set(querySetId, { rows, isStranger: false });
    const update: RowUpdate = {
      tag: 'PersistentTable',
      inserts: listOf([...rows].filter(([key, text]) => before.get(key) !== text)),
      deletes: isAnew ? noRows : listOf([...before].filter(([key, text]) => rows.get(key) !== text)),
    };
    this.#store.apply({
      context: contextOf({ kind: 'reconnect' }),
      forget: isAnew ? [querySetId] : [],
      changes: [{ querySetId, table: settingTable.name, rows: update }],
    });
    if (isAnew) this.#tables.onReplaced([querySetId]);
    return undefined;
  }

  get #isPure(): boolean {
    return [...this.#sets.values()].every(({ isStranger }) => !isStranger);
  }

  /** What is to be stored, as text. */
  get #now(): string {
    const rows = [...this.#sets.values()].flatMap((held) => [...held.rows]);
    return textOf(this.#me, rows);
  }

  async #check(): Promise<void> {
    const stored = await this.#storage.loadTableSnapshot(settingTable.name);
    const isCalm = !this.#storage.isBusy && this.#storage.mood === 'works' && this.#tables.retryAt === undefined;
    const isWanted = this.#isPure && this.#table.count() > 0 && isCalm;
    if (stored === undefined) {
      expect(isWanted).toBe(false);
      return;
    }
    const { header, rows } = readSnapshot('setting', stored.snapshot);
    const changes = stored.changes.map((bytes) => readChanges('setting', bytes));
    const replayed = this.#store.table('setting')?.persistence?.replay(rows, changes) ?? [];
    const settings = replayed.map((bytes) => decode(settingTable.codec, bytes, 'a setting'));
    const text = textOf(
      Number(header.identity?.value),
      settings.map((row) => [row.key, row.value]),
    );
    this.#comparisons++;
    if (isWanted) expect(text).toBe(this.#now);
    expect([...this.#history]).toContain(text);
  }
}

function listOf(rows: readonly (readonly [string, string])[]): ReturnType<typeof rowListOf> {
  return rowListOf(rows.map(([key, text]) => encode(settingTable.codec, settingOf(key, text))));
}

function settingOf(key: string, text: string): Setting {
  return { key, slot: Number(key.replace('-', '')), value: text };
}

function textOf(owner: number, rows: readonly (readonly [string, string])[]): string {
  return `${owner}: ${rows
    .map((row) => row.join('='))
    .sort()
    .join(' ')}`;
}

test('what is stored of a table is what it held at some moment, of whom it was then; and what it holds now, once the store works', async () => {
  let comparisons = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 50, size: 'max' }), async (commands) => {
      const world = new World();
      await world.start();
      for (const next of commands) await world.run(next);
      comparisons += await world.finish();
    }),
    propertyOptions(200),
  );
  expect(comparisons).toBeGreaterThan(100);
});
