import { type RecordedFrame } from '../../../src/embedded/index.ts';
import { EmbeddedServer, type LogRecord } from '../../../src/embedded/index.ts';
import { type Identity } from '../../../src/bsatn/index.ts';
import { rowsOf } from '../../../src/wire/row-list.ts';
import { type ServerMessage, type TableRows } from '../../../src/wire/server-message.ts';
import { referenceWasm } from '../../support/golden/reference-schema.ts';

/** Stands in a private table: whoever is not the owner and gets bytes with it has seen what is not his. */
export const privateMark = 'PRIVATE-5f3c';
/** Stands in rows of Ann that a view shows to her only. */
const annsMark = 'ANNS-91d2';

/** A server with something to steal, and all that it has to say of itself. */
export interface FuzzWorld {
  readonly server: EmbeddedServer;
  readonly log: LogRecord[];
}

export async function startWorld(): Promise<FuzzWorld> {
  const log: LogRecord[] = [];
  const server = await EmbeddedServer.start({
    module: referenceWasm,
    database: 'fuzz',
    recordFrames: true,
    log: (record) => log.push(record),
  });
  fill(server);
  return { server, log };
}

/** What there is to steal. Called again when a run may have deleted it. */
export function fill(server: EmbeddedServer): void {
  server.query('DELETE FROM secret');
  server.query(`INSERT INTO secret (id, value) VALUES (7, '${privateMark}')`);
  server.query('DELETE FROM note');
  server.as('ann').call('create_note', [1, 'inbox', annsMark, 'body', []]);
}

/** What another caller than the owner and Ann may not have been sent; empty when all is well. */
export function leaksOf(frames: readonly RecordedFrame[], ann: Identity, owner: Identity): string[] {
  return frames.flatMap((frame) => {
    if (frame.from !== 'server' || frame.identity.equals(owner)) return [];
    const text = Buffer.from(frame.bytes).toString('latin1');
    const leaks = text.includes(privateMark) ? [`the private table, in ${String(frame)}`] : [];
    if (frame.identity.equals(ann)) return leaks;
    const views = frame.messages.flatMap(rowsIn).filter(({ table }) => table === 'my_inbox' || table === 'secret');
    const rows = views.flatMap(({ table, rows: list }) => rowsOf(list).map((row) => [table, row] as const));
    const foreign = rows.filter(([, row]) => Buffer.from(row).toString('latin1').includes(annsMark));
    return [...leaks, ...foreign.map(([table]) => `a row of Ann in ${table}`)];
  });
}

function rowsIn(message: ServerMessage): readonly TableRows[] {
  switch (message.tag) {
    case 'SubscribeApplied':
      return message.tables;
    case 'UnsubscribeApplied':
      return message.tables ?? [];
    case 'OneOffQueryResult':
      return 'ok' in message.result ? message.result.ok : [];
    case 'TransactionUpdate':
      return changed(message.querySets);
    case 'ReducerResult':
      return message.outcome.tag === 'Ok' ? changed(message.outcome.querySets) : [];
    default:
      return [];
  }
}

function changed(querySets: Extract<ServerMessage, { tag: 'TransactionUpdate' }>['querySets']): readonly TableRows[] {
  return querySets.flatMap(({ tables }) =>
    tables.flatMap(({ table, rows }) =>
      rows.flatMap((change) => {
        const lists = change.tag === 'EventTable' ? [change.events] : [change.inserts, change.deletes];
        return lists.map((list) => ({ table, rows: list }));
      }),
    ),
  );
}
