import type { KeyValues } from '../../../src/offline/key-values.ts';

/** What a tab that is gone waits for. */
function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}

interface LockRequest {
  readonly tab: FakeTab;
  readonly grant: () => void;
}

/** The part of the web's `LockManager` that is used. */
interface FakeLocks {
  request(
    name: string,
    options: { readonly ifAvailable?: boolean; readonly signal?: AbortSignal },
    callback: (lock: unknown) => Promise<void> | undefined,
  ): Promise<unknown>;
}

/**
 * What the tabs of one site share: a database of keys and values, and a lock. Everything in it is of memory, and a tab dies when a test says so, at whatever it
 * does with the database: then nothing of it happens any more, and its lock is free. The name of a store ends in the number of the tab that opens it.
 */
export class FakeBrowser {
  readonly values: Map<string, unknown> = new Map();
  readonly #tabs: FakeTab[] = [];
  readonly #line: LockRequest[] = [];
  /** Whether there is no room: whatever is written is refused. */
  isFull = false;

  /** `onDied`: the tab is gone. */
  newTab(onDied: () => void): FakeTab {
    const tab = new FakeTab(this, this.#tabs.length, () => {
      onDied();
      this.#leave(this.#line.filter((request) => request.tab === tab));
    });
    this.#tabs.push(tab);
    return tab;
  }

  #tabOf(name: string): FakeTab {
    const tab = this.#tabs[Number(name.split('#').at(-1))];
    if (tab === undefined) throw new Error(`${name} is a store of no tab`);
    return tab;
  }

  /** Takes the place of what opens IndexedDB. */
  open(name: string): KeyValues {
    return this.#tabOf(name).values;
  }

  /** Takes the place of `navigator.locks`. */
  readonly locks: FakeLocks = {
    request: async (name, { ifAvailable = false, signal }, callback) => {
      const tab = this.#tabOf(name);
      await Promise.resolve();
      if (tab.isDead) return never();
      if (ifAvailable && this.#line.length > 0) return callback(null);
      const request = await this.#granted(tab, signal);
      if (tab.isDead) return never();
      // Whoever gave up meanwhile has left the line.
      signal?.throwIfAborted();
      await callback({});
      this.#leave([request]);
      return undefined;
    },
  };

  #granted(tab: FakeTab, signal: AbortSignal | undefined): Promise<LockRequest> {
    return new Promise((resolve, reject) => {
      const request: LockRequest = { tab, grant: () => resolve(request) };
      const giveUp = (): void => {
        this.#leave([request]);
        reject(new DOMException('nobody waits any more', 'AbortError'));
      };
      if (this.#line.push(request) === 1) request.grant();
      if (signal?.aborted === true) giveUp();
      else signal?.addEventListener('abort', giveUp);
    });
  }

  #leave(requests: readonly LockRequest[]): void {
    const holder = this.#line[0];
    for (const request of requests) {
      const at = this.#line.indexOf(request);
      if (at >= 0) this.#line.splice(at, 1);
    }
    if (this.#line[0] !== holder) this.#line[0]?.grant();
  }
}

/** One tab, as the browser sees it. */
export class FakeTab {
  readonly number: number;
  readonly #browser: FakeBrowser;
  readonly #onDied: () => void;
  #isDead = false;
  #last: { left: number; readonly isDone: boolean } | undefined;

  constructor(browser: FakeBrowser, number: number, onDied: () => void) {
    this.#browser = browser;
    this.number = number;
    this.#onDied = onDied;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** After so many more operations the tab dies in the next one, which is done or not. */
  dieAfter(left: number, isDone: boolean): void {
    this.#last = { left, isDone };
  }

  /** The tab is gone, without a word. */
  die(): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#onDied();
  }

  readonly values: KeyValues = {
    keys: () => this.#do(({ values }) => [...values.keys()].sort()),
    get: (key) => this.#do(({ values }) => values.get(key) ?? null),
    set: (key, value) => this.#write((values) => values.set(key, value)),
    remove: (key) => this.#do(({ values }) => void values.delete(key)),
    clear: () => this.#do(({ values }) => values.clear()),
  };

  #write(work: (values: Map<string, unknown>) => unknown): Promise<void> {
    return this.#do(({ isFull, values }) => {
      if (isFull) throw new DOMException('', 'QuotaExceededError');
      work(values);
    });
  }

  async #do<T>(work: (browser: FakeBrowser) => T): Promise<T> {
    await Promise.resolve();
    if (this.#isDead) return never();
    if (this.#last?.left === 0) {
      if (this.#last.isDone) work(this.#browser);
      this.die();
      return never();
    }
    if (this.#last !== undefined) this.#last.left--;
    return work(this.#browser);
  }
}
