import { StorageError } from '../../src/errors.ts';
import { type Journal } from '../../src/embedded/durability/journal.ts';
import { routerOf } from '../../src/embedded/fronts/http-front.ts';
import { parseTarget } from '../../src/embedded/fronts/http-message.ts';
import { openTestHost, type TestHost } from './test-host.ts';

/** A journal whose commits are durable when the test says so. */
class SlowJournal implements Journal {
  lastCommit = 0;
  durableCommit = 0;
  failure: StorageError | undefined;
  readonly listeners: Set<() => void> = new Set();

  append(): void {
    if (this.failure !== undefined) throw this.failure;
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

  /** The disk brings nothing to safety any more. */
  fail(): void {
    this.failure = new StorageError('syncing the log: the disk is gone');
    for (const listener of this.listeners) listener();
  }

  readonly begin = (): void => undefined;
  readonly close = (): void => undefined;
}

/** A server whose disk is as slow as the test wants. */
interface SlowServer extends TestHost {
  readonly journal: SlowJournal;
  /** Runs a statement over HTTP as the owner. */
  readonly sql: (statement: string, query?: string) => Promise<string>;
  /** Calls a reducer over HTTP. */
  readonly call: (reducer: string, args: readonly unknown[]) => Promise<string>;
}

/** Opens one with the reference module. */
export async function openSlowServer(): Promise<SlowServer> {
  const journal = new SlowJournal();
  const test = await openTestHost(undefined, journal);
  const post = async (path: string, text: string): Promise<string> => {
    const { status, body } = await routerOf(test.host)({
      ...parseTarget(`/v1/database/${test.database}/${path}`),
      method: 'POST',
      headers: { authorization: `Bearer ${test.ownerToken}`, 'content-type': 'application/json' },
      body: new TextEncoder().encode(text),
    });
    return `${status} ${body}`;
  };
  return {
    ...test,
    journal,
    sql: async (statement, query = '') => post(`sql${query}`, statement),
    call: async (reducer, args) => post(`call/${reducer}`, JSON.stringify(args)),
  };
}

/** Whether an answer is there before anything else happens. */
export async function isAnswered(answer: Promise<unknown>): Promise<boolean> {
  const turn = new Promise((resolve) => setImmediate(resolve));
  return Promise.race([answer.then(() => true), turn.then(() => false)]);
}
