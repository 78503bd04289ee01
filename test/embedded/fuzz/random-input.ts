import { type ClientMessage } from '../../../src/wire/client-message.ts';
import { referenceModule } from '../../support/golden/reference-schema.ts';
import { type SeededRandom } from '../../support/random.ts';
import { encodeClientMessage } from '../../support/message-codecs.ts';

const words = [
  ['SELECT', '*', 'FROM', 'WHERE', 'JOIN', 'ON', 'AND', 'OR', 'NOT', 'LIMIT', 'COUNT(*)', 'AS', 'n', 'TRUE', 'NULL'],
  ['secret', 'note', 'my_inbox', 'me', 'user', 'tick_timer', 'message', 'setting', 'nope', 's', 'n', '"secret"'],
  ['id', 'value', 'owner', 'secret.id', 'note.id', 's.*', 'secret.*', 'my_inbox.*', ':sender', ':owner', '0x00'],
  ['=', '<>', '<', '>=', '(', ')', ',', ';', '.', '--', '/*', '1', '-1', '1e3', "'x'", "''", '7', "X'00'", '💥'],
  ['INSERT INTO', 'VALUES', 'UPDATE', 'SET', 'DELETE FROM', 'UNION', 'DISTINCT', 'ORDER BY', 'GROUP BY'],
].flat();
const queries = [
  'SELECT * FROM secret',
  'SELECT * FROM *',
  'SELECT * FROM my_inbox',
  'SELECT * FROM me',
  'SELECT secret.* FROM note JOIN secret ON note.id = secret.id',
  'SELECT note.* FROM note JOIN secret ON note.id = secret.id',
  'SELECT * FROM note WHERE owner = :sender',
  'SELECT my_inbox.* FROM my_inbox JOIN note ON my_inbox.id = note.id',
  'DELETE FROM secret',
  "UPDATE note SET owner = 0x00 WHERE title <> ''",
];

/** SQL of any kind: whole, with a word changed, or of words at random. */
export function randomSql(random: SeededRandom): string {
  if (random.chance(0.3)) return random.pick(queries);
  if (random.chance(0.5)) {
    const parts = random.pick(queries).split(' ');
    parts[random.below(parts.length)] = random.pick(words);
    return parts.join(' ');
  }
  return Array.from({ length: random.below(14) }, () => random.pick(words)).join(' ');
}

export function randomBytes(random: SeededRandom, longest: number): Uint8Array {
  return Uint8Array.from({ length: random.below(longest + 1) }, () => random.below(256));
}

/** A frame of a client: good messages, messages with wrong bytes, or nothing that was ever a message. */
export function randomFrame(random: SeededRandom): Uint8Array {
  if (random.chance(0.1)) return randomBytes(random, 60);
  const messages = Array.from({ length: 1 + random.below(4) }, () => encodeClientMessage(randomMessage(random)));
  const frame = Uint8Array.from(Buffer.concat(messages));
  if (random.chance(0.5)) return frame;
  for (let count = 1 + random.below(4); count > 0; count--) {
    frame[random.below(frame.length)] = random.chance(0.3) ? 255 : random.below(256);
  }
  return random.chance(0.3) ? frame.subarray(0, random.below(frame.length + 1)) : frame;
}

function randomMessage(random: SeededRandom): ClientMessage {
  const requestId = random.below(5);
  const querySetId = random.below(4);
  switch (random.below(5)) {
    case 0:
      return {
        tag: 'Subscribe',
        requestId,
        querySetId,
        queries: Array.from({ length: random.below(4) }, () => randomSql(random)),
      };
    case 1:
      return { tag: 'Unsubscribe', requestId, querySetId, sendDroppedRows: random.chance(0.5) };
    case 2:
      return { tag: 'OneOffQuery', requestId, query: randomSql(random) };
    case 3:
      return { tag: 'CallReducer', requestId, reducer: randomReducer(random), args: randomBytes(random, 40) };
    default:
      return { tag: 'CallProcedure', requestId, procedure: randomProcedure(random), args: randomBytes(random, 20) };
  }
}

/** Reducers that do as much as their arguments say would do so for days. */
const tireless = new Set(['spawn', 'move_many', 'despawn', 'start_ticking', 'tick_once']);
const reducers = referenceModule.reducers.map(({ name }) => name.canonical).filter((name) => !tireless.has(name));

export function randomReducer(random: SeededRandom): string {
  return random.pick([...reducers, 'nope', '', '__proto__', 'toString']);
}

function randomProcedure(random: SeededRandom): string {
  return random.pick(['add', 'divide', 'panic_procedure', 'nope', 'constructor']);
}

/** JSON that may be arguments, or none at all. */
export function randomJson(random: SeededRandom, depth = 0): string {
  switch (random.below(depth > 4 ? 6 : 9)) {
    case 0:
      return random.pick(['null', 'true', '0', '-1', '1.5', '1e400', '18446744073709551616', '00', 'NaN']);
    case 1:
      return JSON.stringify(random.pick(['', 'x', privateName, '💥', '\u0000', '__proto__']));
    case 2:
      return random.pick(['', '[', '{"', '[1,', '"', '\\']);
    case 3:
      return String(random.below(100_000));
    case 4:
      return '[]';
    case 5:
      return '{}';
    case 6:
      return `{${JSON.stringify(random.pick(['some', 'none', 'id', '__proto__', '0']))}:${randomJson(random, depth + 1)}}`;
    default:
      return `[${Array.from({ length: random.below(4) }, () => randomJson(random, depth + 1)).join(',')}]`;
  }
}

const privateName = 'secret';
