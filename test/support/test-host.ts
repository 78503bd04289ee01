import { readFileSync } from 'node:fs';
import { ManualClock } from '../../src/embedded/clock.ts';
import { type Journal } from '../../src/embedded/durability/journal.ts';
import { newCaller } from '../../src/embedded/fronts/credentials.ts';
import { connectInMemory } from '../../src/embedded/fronts/memory-transport.ts';
import { Host } from '../../src/embedded/host.ts';
import { identityFromClaims } from '../../src/embedded/identity.ts';
import { seededBytes } from '../../src/embedded/kit/seeded-random.ts';
import { LogBook } from '../../src/embedded/log-book.ts';
import { type HostFactory } from '../../src/embedded/module-host.ts';
import { openDatabase } from '../../src/embedded/open-database.ts';
import { TokenAuthority } from '../../src/embedded/tokens.ts';
import { referenceWasm } from './golden/reference-schema.ts';
import { type MemoryServer } from './wire-client.ts';

const wasm = readFileSync(referenceWasm);

/** A host without a port, with a clock that stands still. */
export interface TestHost extends MemoryServer {
  readonly host: Host;
  readonly clock: ManualClock;
  readonly ownerToken: string;
}

/** A host that runs the reference module, or another one. It keeps nothing, unless there is a journal. */
export async function openTestHost(module: Uint8Array | HostFactory = wasm, journal?: Journal): Promise<TestHost> {
  const clock = new ManualClock();
  const logs = new LogBook();
  const tokens = new TokenAuthority({ nowMicros: () => clock.nowMicros() });
  const owner = newCaller(tokens, 'owner');
  const random = seededBytes(1);
  const database = await openDatabase({
    module,
    name: 'test',
    identity: identityFromClaims('test', 'test'),
    owner: owner.identity,
    clock,
    random,
    log: (record) => logs.add(record),
    journal,
  });
  const host = new Host({ database, tokens, logs, clock, random, protocols: ['v3', 'v2'], program: wasm });
  return {
    host,
    clock,
    ownerToken: owner.token,
    database: 'test',
    connectInMemory: (request, handlers) => connectInMemory(host, request, handlers),
  };
}
