import {
  IndexedDbOfflineStorage,
  LocalStorageTokenStore,
  OptimisticChange,
  Timestamp,
  type TransactionResult,
} from 'spacetimedb-signals';
import { type Entity, type Note, SpacetimeDbClient } from '../../generated/reference/index.ts';

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
  | 'suspense';

/** What the components of the app get. */
export interface World {
  readonly client: SpacetimeDbClient;
  /** What `messages` and `suspense` subscribe to. */
  readonly query: string;
  /** The id of the note that `notes` adds. */
  readonly noteId: bigint;
  /** How long their subscription lingers, in milliseconds. */
  readonly lingerMs: number;
  /** Notes down that a component rendered, and what it shows. */
  rendered(component: string, text?: string): void;
}

/** The app in one framework. Shows a part, and returns what ends it. */
export type Mount = (part: Part, root: Element, world: World, isStrict: boolean) => () => void;

/** The ids of `entities`. */
export const entityIds: readonly number[] = Array.from({ length: 1000 }, (_, index) => index + 1);

/** The same out of the table, in order. */
export function firstIds(entities: readonly Entity[]): readonly number[] {
  const ids = entities.map(({ entityId }) => entityId).filter((id) => id <= entityIds.length);
  return ids.sort((left, right) => left - right);
}

export const room = 7;

/** What `keyed` subscribes to. */
export function queryOf(id: number | undefined): string | undefined {
  return id === undefined ? undefined : `SELECT * FROM message WHERE room = ${id}`;
}

/** What `messages` shows. */
export function messagesText(isReady: boolean, error: Error | undefined, texts: readonly string[]): string {
  if (error !== undefined) return `failed: ${error.message}`;
  return isReady ? `messages: ${texts.join(' ')}` : 'loading';
}

/** What `dashboard` shows. */
export function dashboardText(shown: {
  readonly status: string;
  readonly notes: readonly Note[];
  readonly inbox: readonly Note[];
  readonly scores: number;
  readonly lobby: number;
  readonly x: number | undefined;
  readonly y: number | undefined;
  readonly folders: string;
}): string {
  const { notes, inbox, ...rest } = shown;
  return JSON.stringify({ ...rest, notes: notes.length, inbox: inbox.length });
}

/** What `notes` shows. */
export function notesText(waiting: number, isQueued: boolean, notes: readonly Note[]): string {
  return `${waiting} waiting ${isQueued ? 'queued' : 'settled'}: ${notes.map(({ title }) => title).join()}`;
}

/** Adds a note that shows at once. */
export function addNote(client: SpacetimeDbClient, id: bigint, title: string): Promise<TransactionResult> {
  const owner = client.identity.peek();
  if (owner === undefined) throw new Error('nobody is there to own the note');
  const note = { id, folder: 'offline', title, body: '', tags: [] };
  const change = OptimisticChange.insertRow(client.note, { ...note, owner, createdAt: Timestamp.now() });
  return client.reducers.createNote(note, { optimisticChanges: [change] });
}

/** What the tests do with the page. */
class App {
  readonly #mount: Mount;
  readonly #wrapCommit: (run: () => void) => void;
  #client: SpacetimeDbClient | undefined;
  #unmount: (() => void) | undefined;
  #renders: Record<string, number> = {};
  #texts: string[] = [];
  readonly errors: string[] = [];

  constructor(mount: Mount, wrapCommit: (run: () => void) => void) {
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
    const { query = `SELECT * FROM message WHERE room = ${room}`, lingerMs = 1000, isStrict = false } = options;
    const noteId = BigInt(options.noteId ?? 1);
    const root = document.body.appendChild(document.createElement('main'));
    const rendered = (component: string, text?: string): void => {
      this.#renders[component] = (this.#renders[component] ?? 0) + 1;
      if (text !== undefined && this.#texts.at(-1) !== text) this.#texts.push(text);
    };
    const end = this.#mount(part, root, { client: this.client, query, noteId, lingerMs, rendered }, isStrict);
    this.#unmount = () => {
      end();
      root.remove();
    };
  }

  unmount(): void {
    this.#unmount?.();
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
export function serveApp(mount: Mount, wrapCommit: (run: () => void) => void = (run) => run()): void {
  Object.assign(globalThis, { app: new App(mount, wrapCommit) });
}
