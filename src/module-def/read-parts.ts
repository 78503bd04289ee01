import {
  type DefinedIndex,
  type DefinedLifecycle,
  type DefinedSequence,
  type DefinedTable,
  type DefinedView,
} from './definition.ts';
import { readElements, readType } from './read-type.ts';
import { type Source } from './source.ts';

// What versions 9 and 10 have in common. They differ in how the field of a name is called.

function readColumns(source: Source): number[] {
  return source.list((column) => column.u16());
}

export function readString(source: Source): string {
  return source.string();
}

function readIndex(source: Source, nameField: string): DefinedIndex {
  const name = source.field(nameField).option(readString);
  const accessor = source.field('accessor_name').option(readString);
  const { tag, payload } = source.field('algorithm').variant(['BTree', 'Hash', 'Direct']);
  const common = { path: source.path, name, accessor };
  switch (tag) {
    case 'BTree':
      return { ...common, algorithm: 'btree', columns: readColumns(payload) };
    case 'Hash':
      return { ...common, algorithm: 'hash', columns: readColumns(payload) };
    case 'Direct':
      return { ...common, algorithm: 'direct', columns: [payload.u16()] };
  }
}

/** The columns of a constraint; its name can be derived. */
function readConstraint(source: Source, nameField: string): number[] {
  source.field(nameField).option(readString);
  const { payload } = source.field('data').variant(['Unique']);
  return readColumns(payload.field('columns'));
}

function readSequence(source: Source, nameField: string): DefinedSequence {
  source.field(nameField).option(readString);
  return {
    column: source.field('column').u16(),
    start: source.field('start').option(readI128),
    min: source.field('min_value').option(readI128),
    max: source.field('max_value').option(readI128),
    increment: source.field('increment').i128(),
  };
}

function readI128(source: Source): bigint {
  return source.i128();
}

/** The fields of a table from its name to its sequences. */
export function readTableStart(
  source: Source,
  nameField: string,
  partNameField: string,
): Omit<DefinedTable, 'isSystem' | 'isPublic' | 'isEvent'> {
  return {
    path: source.path,
    name: source.field(nameField).string(),
    rowRef: source.field('product_type_ref').u32(),
    primaryKey: readColumns(source.field('primary_key')),
    indexes: source.field('indexes').list((index) => readIndex(index, partNameField)),
    uniqueConstraints: source.field('constraints').list((constraint) => readConstraint(constraint, partNameField)),
    sequences: source.field('sequences').list((sequence) => readSequence(sequence, partNameField)),
  };
}

export function readTableAccess(source: Source): { readonly isSystem: boolean; readonly isPublic: boolean } {
  return {
    isSystem: source.field('table_type').variant(['System', 'User']).tag === 'System',
    isPublic: source.field('table_access').variant(['Public', 'Private']).tag === 'Public',
  };
}

export function readLifecycleKind(source: Source): DefinedLifecycle['kind'] {
  switch (source.variant(['Init', 'OnConnect', 'OnDisconnect']).tag) {
    case 'Init':
      return 'init';
    case 'OnConnect':
      return 'onConnect';
    case 'OnDisconnect':
      return 'onDisconnect';
  }
}

export function readView(source: Source, nameField: string): DefinedView {
  return {
    path: source.path,
    name: source.field(nameField).string(),
    index: source.field('index').u32(),
    isPublic: source.field('is_public').bool(),
    isAnonymous: source.field('is_anonymous').bool(),
    params: readElements(source.field('params')),
    returns: readType(source.field('return_type')),
  };
}
