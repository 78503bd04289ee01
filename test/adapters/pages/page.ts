import { IndexedDbOfflineStorage, LocalStorageTokenStore, type ReadonlySignal, signal } from 'spacetimedb-signals';
import { SpacetimeDbClient } from '../../generated/reference/index.ts';
import { churn, type Item } from './churn.ts';
import { room } from './shown.ts';

/** The parts of the small app that every framework shows in the same way. */
export type Part =
  /** A list of a thousand components, each with an entity by its key. */
  | 'entities'
  /** One component that reads several tables and indexes, the connection, and something computed. */
  | 'dashboard'
  /** A component that subscribes to the messages of a room, and shows them. */
  | 'messages'
  /** A component whose key and queries change, from unknown to 1 and onwards. */
  | 'keyed'
  /** A component that calls a reducer. */
  | 'say'
  /** A component that shows notes and how many calls wait, and adds a note optimistically. */
  | 'notes'
  /** Messages that suspend while they are not here; React only. */
  | 'suspense'
  /** Components that come, go and change by a signal. */
  | 'tree';

/** What the components of the app get. */
export interface World {
  readonly client: SpacetimeDbClient;
  /** What `messages` and `suspense` subscribe to. */
  readonly query: string;
  /** The id of the note that `notes` adds. */
  readonly noteId: bigint;
  /** What `tree` shows. */
  readonly items: ReadonlySignal<readonly Item[]>;
  /** How long their subscription lingers, in milliseconds. */
  readonly lingerMs: number;
  /** Notes down that a component rendered, and what it shows. */
  rendered(component: string, text?: string): void;
}

/** The parts of the app in one framework. */
export type Parts<Component> = Readonly<Partial<Record<Part, Component>>>;

/** Shows a part in one framework, and returns what ends it. */
type Mount<Component> = (component: Component, root: Element, world: World, isStrict: boolean) => () => void;

/** What the tests do with the page. */
class App<Component> {
  readonly #parts: Parts<Component>;
  readonly #mount: Mount<Component>;
  readonly #wrapCommit: (run: () => void) => void;
  #client: SpacetimeDbClient | undefined;
  #unmount: (() => void) | undefined;
  #renders: Record<string, number> = {};
  #texts: string[] = [];
  readonly errors: string[] = [];
  readonly #items = signal<readonly Item[]>([]);

  constructor(parts: Parts<Component>, mount: Mount<Component>, wrapCommit: (run: () => void) => void) {
    this.#parts = parts;
    this.#mount = mount;
    this.#wrapCommit = wrapCommit;
  }

  get client(): SpacetimeDbClient {
    if (this.#client === undefined) throw new Error('connect first');
    return this.#client;
  }

  /** Makes a client; with a store of this name it is the one that was here before a reload. */
  async create(host: string, store?: string): Promise<void> {
    this.#client = await SpacetimeDbClient.create({
      host,
      database: 'live',
      retry: { baseDelayMs: 5, maxDelayMs: 50 },
      wrapCommit: this.#wrapCommit,
      ...(store === undefined
        ? {}
        : { offlineStorage: new IndexedDbOfflineStorage(store), authStorage: new LocalStorageTokenStore(store) }),
    });
    this.client.onError((error) => this.errors.push(String(error)));
  }

  mount(part: Part, options: { query?: string; noteId?: number; lingerMs?: number; isStrict?: boolean } = {}): void {
    const component = this.#parts[part];
    if (component === undefined) throw new Error(`there is no part ${part}`);
    const { query = `SELECT * FROM message WHERE room = ${room}`, lingerMs = 1000, isStrict = false } = options;
    const noteId = BigInt(options.noteId ?? 1);
    const root = document.body.appendChild(document.createElement('main'));
    const rendered = (component: string, text?: string): void => {
      this.#renders[component] = (this.#renders[component] ?? 0) + 1;
      if (text !== undefined && this.#texts.at(-1) !== text) this.#texts.push(text);
    };
    const end = this.#mount(
      component,
      root,
      { client: this.client, query, noteId, items: this.#items, lingerMs, rendered },
      isStrict,
    );
    this.#unmount = () => {
      end();
      root.remove();
    };
  }

  unmount(): void {
    this.#unmount?.();
  }

  /** Changes what `tree` shows, and rows meanwhile; gives what was shown in the end and was not so. */
  churn(seed: number, steps: number): Promise<string[]> {
    return churn(this.client, this.#items, { seed, steps });
  }

  /** What rendered how often, and what was shown one after the other, since this was asked last. */
  takeRenders(): { renders: Record<string, number>; texts: string[] } {
    const taken = { renders: this.#renders, texts: this.#texts };
    this.#renders = {};
    this.#texts = [];
    return taken;
  }
}

/** Makes the app known to the test, which calls it by name. `wrapCommit`: where a framework wants one. */
export function serveApp<Component>(
  parts: Parts<Component>,
  mount: Mount<Component>,
  wrapCommit: (run: () => void) => void = (run) => run(),
): void {
  Object.assign(globalThis, { app: new App(parts, mount, wrapCommit) });
}
