import { type OfficialIdentity, type OfficialQuery, type OfficialTables, sdk } from './official-sdk.ts';
import { type SharedReducers } from './shared-types.ts';

const fatal = 'The instance encountered a fatal error.';
const aNote = { folder: "it's", title: 'a title', body: '', tags: [] };

/** Calls that fail while there are a note 1 and a setting of slot 2, and what the server says to them. */
export const failingCalls: readonly (readonly [
  status: 'failed' | 'internalError',
  message: string,
  call: (reducers: SharedReducers) => Promise<unknown>,
])[] = [
  ['failed', 'nö, "thanks"', (reducers) => reducers.failWith({ message: 'nö, "thanks"' })],
  ['failed', '', (reducers) => reducers.failWith({ message: '' })],
  ['failed', 'a note needs a title', (reducers) => reducers.createNote({ ...aNote, id: 5n, title: '' })],
  ['failed', 'note 1 exists already', (reducers) => reducers.createNote({ ...aNote, id: 1n })],
  ['failed', 'no note -1', (reducers) => reducers.deleteNote({ id: -1n })],
  ['failed', 'folder nowhere is empty', (reducers) => reducers.archiveFolder({ folder: 'nowhere' })],
  ['failed', 'rolled back', (reducers) => reducers.writeThenFail({ player: 'nobody' })],
  ['internalError', fatal, (reducers) => reducers.panicWith({ message: 'boom' })],
  ['internalError', fatal, (reducers) => reducers.putSetting({ key: 'two', slot: 2, value: '' })],
];

/** Query sets that share rows, as the package's query builder makes them. */
export function overlappingQueries(
  caller: OfficialIdentity,
): readonly ((tables: OfficialTables) => readonly OfficialQuery[])[] {
  return [
    ({ entity }) => [entity.where(({ entityId }) => entityId.gt(5).and(entityId.lte(9)))],
    ({ entity }) => [entity.where(({ entityId, score }) => entityId.lte(6).and(score.eq(0n)).or(entityId.eq(12)))],
    ({ entity, message }) => [
      entity.leftSemijoin(message, (row, other) => row.entityId.eq(other.room)),
      message.where(({ sent }) => sent.gt(new sdk.Timestamp(0n))),
    ],
    ({ entity, message }) => [
      entity
        .where(({ health }) => health.ne(0))
        .leftSemijoin(message, (row, other) => row.entityId.eq(other.room))
        .where(({ entityId }) => entityId.gt(3)),
    ],
    ({ note }) => [note.where(({ folder }) => folder.eq("it's")), note.where(({ owner }) => owner.eq(caller))],
    ({ user, setting, lobby }) => [user.where(({ online }) => online.eq(true)), setting, lobby],
  ];
}

/** Changes to the rows of these queries: rows that come, go, change, and move from one set to another. */
export const changesOfOverlaps: readonly ((theirs: SharedReducers, ours: SharedReducers) => Promise<unknown>)[] = [
  (theirs) => theirs.moveMany({ firstId: 1, count: 20, step: 0.5 }),
  (_theirs, ours) => ours.despawn({ firstId: 7, count: 10 }),
  (theirs) => theirs.spawn({ firstId: 7, count: 3 }),
  (_theirs, ours) => ours.say({ room: 8, text: 'eight' }),
  (theirs) => theirs.say({ room: 8, text: 'eight again' }),
  (theirs) => theirs.spawn({ firstId: 15, count: 1 }),
  (_theirs, ours) => ours.createNote({ ...aNote, id: 1n }),
  (theirs) => theirs.createNote({ ...aNote, id: 2n }),
  (theirs) => theirs.createNote({ ...aNote, id: 3n, folder: 'elsewhere' }),
  (_theirs, ours) => ours.overwriteNote({ id: 2n, body: 'by ours' }),
  (theirs) => theirs.archiveFolder({ folder: "it's" }),
  (theirs, ours) => Promise.all([theirs.setName({ name: 'Ann' }), ours.setName({ name: 'Bob' })]),
  (_theirs, ours) => ours.despawn({ firstId: 3, count: 1 }),
  (theirs) => theirs.spawn({ firstId: 3, count: 1 }),
  (theirs) => theirs.despawn({ firstId: 8, count: 1 }),
  (_theirs, ours) => ours.putSetting({ key: 'motd', slot: 9, value: '' }),
];
