import { describe, expect, test } from 'vitest';
import { Functions } from '../../src/embedded/functions.ts';
import { ann, owner } from '../support/embedded-database.ts';
import { moduleWithTables } from '../support/module-model.ts';

const reducer = { params: [], isCallable: true, lifecycle: undefined } as const;
const functions = new Functions(
  {
    ...moduleWithTables([]),
    reducers: [
      { ...reducer, name: { source: 'addUser2', canonical: 'add_user_2' } },
      { ...reducer, name: { source: 'start', canonical: 'start' }, isCallable: false, lifecycle: 'init' },
    ],
  },
  owner,
);
const noArgs = new Uint8Array();

describe('the functions of a module', () => {
  test('are called by canonical names from outside, by either name from within', () => {
    expect(functions.admitReducer('add_user_2', ann.identity, noArgs)).toMatchObject({ callee: { id: 0 } });
    expect(functions.admitReducer('addUser2', ann.identity, noArgs)).toMatchObject({ message: 'no such reducer' });
    expect(functions.reducer('addUser2')?.id).toBe(0);
    expect(functions.reducer('add_user_2')?.id).toBe(0);
    expect(functions.reducer('nope')).toBeUndefined();
  });

  test('are found by their part in the lifecycle, and then nobody may call them', () => {
    expect(functions.lifecycle('init')?.id).toBe(1);
    expect(functions.lifecycle('onConnect')).toBeUndefined();
    expect(functions.admitReducer('start', owner, noArgs)).toMatchObject({ reason: 'lifecycle' });
  });
});
