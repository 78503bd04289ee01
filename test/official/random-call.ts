import { type SeededRandom } from '../support/random.ts';
import { type SharedReducers } from './shared-types.ts';

const folders = ['inbox', "it's", 'übrig'];
const texts = ['', 'plain', 'tab\tquote\'s "two"', 'h\u00e9 漢字 👩‍🚀', '\u0000\ufeff'];
const players = ['Ann', 'Bob', 'Çelik'];

/** Calls some reducer with some arguments: most calls change something, some fail, some change nothing. */
export function randomCall(reducers: SharedReducers, random: SeededRandom): Promise<unknown> {
  return random.pick(calls)(reducers, random);
}

type RandomCall = (reducers: SharedReducers, random: SeededRandom) => Promise<unknown>;

const calls: readonly RandomCall[] = [
  ...repeat(3, (reducers, random) =>
    reducers.createNote({
      id: noteId(random),
      folder: random.pick(folders),
      title: random.pick(texts),
      body: random.pick(texts),
      tags: folders.slice(random.below(folders.length + 1)),
    }),
  ),
  (reducers, random) =>
    reducers.updateNote({ id: noteId(random), title: random.pick(texts), body: random.pick(texts) }),
  (reducers, random) => reducers.overwriteNote({ id: noteId(random), body: random.pick(texts) }),
  (reducers, random) => reducers.deleteNote({ id: noteId(random) }),
  (reducers, random) => reducers.archiveFolder({ folder: random.pick(folders) }),
  ...repeat(2, (reducers, random) => reducers.spawn({ firstId: random.below(10) * 60, count: random.below(60) })),
  (reducers, random) => reducers.despawn({ firstId: random.below(400), count: random.below(200) }),
  ...repeat(2, (reducers, random) =>
    reducers.moveMany({ firstId: random.below(400), count: random.below(200), step: random.below(3) / 8 }),
  ),
  ...repeat(2, (reducers, random) => reducers.say({ room: random.below(3), text: random.pick(texts) })),
  (reducers, random) => reducers.announce({ room: random.below(3), what: texts.slice(random.below(texts.length + 1)) }),
  ...repeat(2, (reducers, random) => reducers.addScore({ player: random.pick(players), points: points(random) })),
  (reducers, random) => reducers.removeScore({ player: random.pick(players), points: points(random) }),
  (reducers, random) =>
    reducers.putSetting({ key: random.pick(players), slot: 2 + random.below(4), value: random.pick(texts) }),
  (reducers, random) => reducers.setName({ name: random.chance(0.3) ? undefined : random.pick(texts) }),
  (reducers, random) =>
    reducers.setStatus({ status: random.pick([{ tag: 'Pending' }, { tag: 'Active', value: 2n ** 64n - 1n }, banned]) }),
  (reducers, random) => reducers.writeThenFail({ player: random.pick(players) }),
];

const banned = { tag: 'Banned', value: { reason: 'noise', until: undefined } } as const;

function repeat(times: number, call: RandomCall): readonly RandomCall[] {
  return Array.from({ length: times }, () => call);
}

function noteId(random: SeededRandom): bigint {
  return BigInt(random.below(8)) - 4n;
}

function points(random: SeededRandom): bigint {
  return random.pick([0n, -1n, 2n ** 63n - 1n]);
}
