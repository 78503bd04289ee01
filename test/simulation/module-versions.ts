import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { referenceWasm } from '../support/golden/reference-schema.ts';
import { type SeededRandom } from '../support/random.ts';
import { referenceProject, typescriptProject } from '../support/typescript-project.ts';

/** A version of the reference module. */
export interface ModuleVersion {
  readonly module: string;
  /** The tables that are other than the generated code knows them, and whether rows of them can be there. */
  readonly misfits: ReadonlyMap<string, 'other' | 'gone'>;
  /** The reducers that take other arguments, or are gone. */
  readonly otherReducers: ReadonlySet<string>;
}

/** The version that the generated code was made from. */
export const fitting: ModuleVersion = { module: referenceWasm, misfits: new Map(), otherReducers: new Set() };

interface Change {
  readonly name: string;
  readonly table?: readonly [name: string, how: 'other' | 'gone'];
  readonly reducers?: readonly string[];
  readonly edits: readonly (readonly [file: 'index.ts' | 'tables.ts', from: RegExp, to: string])[];
}

const longerSetting: Change = {
  name: 'longerSetting',
  table: ['setting', 'other'],
  edits: [
    ['tables.ts', /(key: t\.string\(\).*value: t\.string\(\))/, `$1, more: t.string().default('more')`],
    ['index.ts', /setting\.insert\(\{ key: 'motd', slot: 1, value: 'Welcome'/, `$&, more: ''`],
    ['index.ts', /(?<=insert|update)\(\{ key, slot, value \}/g, `({ key, slot, value, more: 'new' }`],
  ],
};

const numericSetting: Change = {
  name: 'numericSetting',
  table: ['setting', 'other'],
  edits: [
    ['tables.ts', /(key: t\.string\(\).*value: )t\.string\(\)/, '$1t.u8()'],
    ['index.ts', /value: 'Welcome'/, 'value: 1'],
    ['index.ts', /(?<=insert|update)\(\{ key, slot, value \}/g, '({ key, slot, value: 1 }'],
  ],
};

const noSetting: Change = {
  name: 'noSetting',
  table: ['setting', 'gone'],
  reducers: ['put_setting'],
  edits: [
    ['tables.ts', /const setting = table\([^;]*;/, ''],
    ['tables.ts', / setting,/, ''],
    ['index.ts', /ctx\.db\.setting\.insert\(.*Welcome.*;/, ''],
    ['index.ts', /export const putSetting = [^;]*;[^;]*;\s*\},\s*\);/, ''],
  ],
};

const longerEntity: Change = {
  name: 'longerEntity',
  table: ['entity', 'other'],
  edits: [
    ['tables.ts', /health: t\.i32\(\), score: t\.u64\(\)/, '$&, armor: t.u32().default(5)'],
    ['index.ts', /health: 100, score: 0n/, '$&, armor: 7'],
  ],
};

const otherSay: Change = {
  name: 'otherSay',
  reducers: ['say'],
  edits: [
    [
      'index.ts',
      /(reducer\(\{ room: t\.u32\(\), text: t\.string\(\)) \}, \(ctx, \{ room, text \}\)/,
      '$1, mood: t.u8() }, (ctx, { room, text })',
    ],
  ],
};

/** Makes projects of the versions, each once. They are gone after the test. */
export class ModuleVersions {
  readonly #made = new Map<string, ModuleVersion>();

  /** Another version than the fitting one. */
  pick(random: SeededRandom): ModuleVersion {
    const changes = [
      random.pick([[], [longerSetting], [numericSetting], [noSetting]]),
      random.pick([[], [longerEntity]]),
      random.pick([[], [otherSay]]),
    ].flat();
    const key = changes.map(({ name }) => name).join();
    const known = this.#made.get(key) ?? versionOf(changes);
    this.#made.set(key, known);
    return known;
  }
}

function versionOf(changes: readonly Change[]): ModuleVersion {
  const names = ['index.ts', 'tables.ts', 'types.ts'];
  const files = Object.fromEntries(
    names.map((name) => [name, readFileSync(join(referenceProject, 'src', name), 'utf8')]),
  );
  for (const [file, from, to] of changes.flatMap(({ edits }) => edits)) {
    const before = files[file] ?? '';
    const after = before.replace(from, to);
    if (after === before) throw new Error(`${file} of the reference module has nothing like ${from}`);
    files[file] = after;
  }
  return {
    module: typescriptProject(files),
    misfits: new Map(changes.flatMap(({ table }) => (table === undefined ? [] : [table]))),
    otherReducers: new Set(changes.flatMap(({ reducers = [] }) => reducers)),
  };
}
