import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Journal } from '../../../src/embedded/durability/journal.ts';
import { connectInMemory } from '../../../src/embedded/fronts/memory-transport.ts';
import { Host } from '../../../src/embedded/host.ts';
import { identityFromClaims } from '../../../src/embedded/identity.ts';
import { LogBook } from '../../../src/embedded/log-book.ts';
import { openDatabase } from '../../../src/embedded/open-database.ts';
import { TokenAuthority } from '../../../src/embedded/tokens.ts';
import { ManualClock } from '../../../src/embedded/index.ts';
import { bsatn } from '../../support/embedded-database.ts';
import { referenceWasm } from '../../support/golden/reference-schema.ts';
import { type MemoryServer, summary, WireClient } from '../../support/wire-client.ts';

/** A journal whose commits are durable when the test says so. */
class SlowJournal implements Journal {
  lastCommit = 0;
  durableCommit = 0;
  readonly listeners = new Set<() => void>();

  append(): void {
    this.lastCommit++;
  }

  onDurable(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  reach(commit: number = this.lastCommit): void {
    this.durableCommit = commit;
    for (const listener of this.listeners) listener();
  }

  readonly begin = (): void => undefined;
  readonly close = (): void => undefined;
}

async function start(): Promise<MemoryServer & { readonly journal: SlowJournal }> {
  const [clock, random] = [new ManualClock(), (size: number) => crypto.getRandomValues(new Uint8Array(size))];
  const program = readFileSync(referenceWasm);
  const tokens = new TokenAuthority({ nowMicros: () => clock.nowMicros() });
  const journal = new SlowJournal();
  const database = await openDatabase({
    module: program,
    name: 'slow',
    identity: identityFromClaims('test', 'slow'),
    owner: identityFromClaims('test', 'owner'),
    clock,
    random,
    journal,
  });
  const host = new Host({ database, tokens, logs: new LogBook(), clock, random, protocols: ['v3'], program });
  return {
    journal,
    database: 'slow',
    connectInMemory: (request, handlers) => connectInMemory(host, request, handlers),
  };
}

const say = (text: string, requestId: number) =>
  ({
    tag: 'CallReducer',
    requestId,
    reducer: 'say',
    args: bsatn((writer) => {
      writer.u32(1);
      writer.string(text);
    }),
  }) as const;
const subscribe = { tag: 'Subscribe', requestId: 1, querySetId: 1, queries: ['SELECT * FROM message'] } as const;

test('a client that asks for confirmed reads hears of a commit when it is durable, in order; one that does not, at once', async () => {
  const server = await start();
  const patient = await WireClient.inMemory(server, { query: '&confirmed=true' });
  const hasty = await WireClient.inMemory(server, { query: '&confirmed=false' });
  expect((await patient.exchange()).map(summary)).toEqual(['InitialConnection']);
  expect((await patient.exchange(subscribe)).map(summary)).toEqual([]);
  await hasty.exchange(subscribe);
  expect((await hasty.exchange(say('one', 2))).map(summary)).toEqual([expect.stringMatching(/^ReducerResult/)]);
  server.journal.reach(server.journal.lastCommit - 1);
  expect((await patient.exchange()).map(summary)).toEqual([expect.stringMatching(/^SubscribeApplied/)]);
  // It failed and changed nothing, but what was said before it comes before it.
  expect(await patient.exchange(say('', 3))).toEqual([]);
  server.journal.reach();
  expect((await patient.exchange()).map(summary)).toEqual([
    expect.stringMatching(/^TransactionUpdate/),
    expect.stringMatching(/^ReducerResult/),
  ]);
  expect(server.journal.listeners.size).toBe(1);
  patient.leave();
  await patient.settle();
  expect(server.journal.listeners.size).toBe(0);
});

test('confirmed reads are what a client gets that does not say', async () => {
  const server = await start();
  const client = await WireClient.inMemory(server);
  await client.exchange();
  expect(await client.exchange(say('one', 1))).toEqual([]);
  server.journal.reach();
  expect((await client.exchange()).map(summary)).toEqual([expect.stringMatching(/^ReducerResult/)]);
});
