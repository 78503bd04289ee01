/** The reference module as the package `spacetimedb` knows it: the part of it that these tests use, written by hand. */
import { type OfficialType, sdk } from './official-sdk.ts';
import { type TableName } from './shared-types.ts';

const { t } = sdk;

const vec3 = t.object('Vec3', { x: t.f32(), y: t.f32(), z: t.f32() });
const entityKind = t.enum('EntityKind', { Player: t.unit(), Monster: t.unit(), Projectile: t.unit() });
const ban = t.object('Ban', { reason: t.string(), until: t.option(t.timestamp()) });
const status = t.enum('Status', { Pending: t.unit(), Active: t.u64(), Banned: ban });

const noteColumns = {
  id: t.i64(),
  owner: t.identity(),
  folder: t.string(),
  title: t.string(),
  body: t.string(),
  tags: t.array(t.string()),
  createdAt: t.timestamp().name('created_at'),
};

const messageColumns = {
  id: t.u64(),
  room: t.u32(),
  sender: t.identity(),
  text: t.string(),
  sent: t.timestamp(),
};

const everyTypeColumns = {
  aBool: t.bool(),
  aU8: t.u8(),
  aU16: t.u16(),
  aU64: t.u64(),
  aU128: t.u128(),
  aU256: t.u256(),
  aI8: t.i8(),
  aI16: t.i16(),
  aI32: t.i32(),
  aI64: t.i64(),
  aI128: t.i128(),
  aI256: t.i256(),
  aF32: t.f32(),
  aF64: t.f64(),
  aString: t.string(),
  bytes: t.byteArray(),
  numbers: t.array(t.u32()),
  nested: t.array(t.array(t.string())),
  anIdentity: t.identity(),
  aConnection: t.connectionId(),
  aTimestamp: t.timestamp(),
  aDuration: t.timeDuration(),
  aSchedule: t.scheduleAt(),
  aUuid: t.uuid(),
  maybe: t.option(t.u32()),
  maybeMaybe: t.option(t.option(t.string())),
  outcome: t.result(t.u32(), t.string()),
  status,
  statuses: t.array(status),
  kind: entityKind,
};

/** A row of the table `every_type`. */
export const everyTypeRow: OfficialType = t.row({ id: t.u32(), ...everyTypeColumns });

const userColumns = { name: t.option(t.string()), online: t.bool(), status, joined: t.timestamp() };

const { schemaType } = sdk.schema({
  user: sdk.table({ name: 'user' }, { identity: t.identity().primaryKey(), ...userColumns }),
  note: sdk.table({ name: 'note' }, { ...noteColumns, id: t.i64().primaryKey() }),
  entity: sdk.table(
    { name: 'entity' },
    {
      entityId: t.u32().name('entity_id').primaryKey(),
      kind: entityKind,
      position: vec3,
      health: t.i32(),
      score: t.u64(),
    },
  ),
  message: sdk.table(
    { name: 'message' },
    { ...messageColumns, id: t.u64().primaryKey().autoInc(), room: t.u32().index() },
  ),
  score: sdk.table({ name: 'score' }, { player: t.string(), points: t.i64() }),
  setting: sdk.table({ name: 'setting' }, { key: t.string().primaryKey(), slot: t.u16().unique(), value: t.string() }),
  everyType: sdk.table({ name: 'every_type' }, { id: t.u32().primaryKey(), ...everyTypeColumns }),
  chatEvent: sdk.table({ name: 'chat_event', event: true }, { room: t.u32(), what: t.string() }),
  lobby: sdk.table({ name: 'lobby' }, messageColumns),
  me: sdk.table({ name: 'me' }, { identity: t.identity(), ...userColumns }),
  myInbox: sdk.table({ name: 'my_inbox' }, noteColumns),
} satisfies Record<TableName, unknown>);

const { reducersType } = sdk.reducers([
  sdk.reducerSchema('set_name', { name: t.option(t.string()) }),
  sdk.reducerSchema('set_status', { status }),
  sdk.reducerSchema('create_note', {
    id: t.i64(),
    folder: t.string(),
    title: t.string(),
    body: t.string(),
    tags: t.array(t.string()),
  }),
  sdk.reducerSchema('update_note', { id: t.i64(), title: t.string(), body: t.string() }),
  sdk.reducerSchema('overwrite_note', { id: t.i64(), body: t.string() }),
  sdk.reducerSchema('delete_note', { id: t.i64() }),
  sdk.reducerSchema('archive_folder', { folder: t.string() }),
  sdk.reducerSchema('spawn', { firstId: t.u32(), count: t.u32() }),
  sdk.reducerSchema('move_many', { firstId: t.u32(), count: t.u32(), step: t.f32() }),
  sdk.reducerSchema('despawn', { firstId: t.u32(), count: t.u32() }),
  sdk.reducerSchema('say', { room: t.u32(), text: t.string() }),
  sdk.reducerSchema('announce', { room: t.u32(), what: t.array(t.string()) }),
  sdk.reducerSchema('add_score', { player: t.string(), points: t.i64() }),
  sdk.reducerSchema('remove_score', { player: t.string(), points: t.i64() }),
  sdk.reducerSchema('put_setting', { key: t.string(), slot: t.u16(), value: t.string() }),
  sdk.reducerSchema('fail_with', { message: t.string() }),
  sdk.reducerSchema('panic_with', { message: t.string() }),
  sdk.reducerSchema('write_then_fail', { player: t.string() }),
  sdk.reducerSchema('noop', {}),
]);

const procedures = sdk.procedures([
  sdk.procedureSchema('add', { left: t.i64(), right: t.i64() }, t.i64()),
  sdk.procedureSchema('divide', { left: t.i64(), right: t.i64() }, t.result(t.i64(), t.string())),
  sdk.procedureSchema('slow_say', { room: t.u32(), text: t.string() }, status),
]);

/** The description of the module that a connection of the package is made of. */
export const officialModule: object = {
  ...schemaType,
  ...reducersType,
  ...procedures,
  versionInfo: { cliVersion: '2.10.1' },
};
