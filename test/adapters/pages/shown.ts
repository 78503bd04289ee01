import { OptimisticChange, Timestamp, type TransactionResult } from 'spacetimedb-signals';
import { type Entity, type Note, type SpacetimeDbClient } from '../../generated/reference/index.ts';

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
