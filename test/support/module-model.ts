import { type Typespace } from '../../src/bsatn/algebraic-type.ts';
import { type IndexModel, type ModuleModel, type TableModel } from '../../src/module-def/model.ts';

/** A model of a table; what is not given is empty. */
export function table(name: string, parts: Partial<TableModel>): TableModel {
  return {
    name: { source: name, canonical: name },
    rowRef: 0,
    columns: [],
    primaryKey: undefined,
    indexes: [],
    uniqueConstraints: [],
    sequences: [],
    isPublic: true,
    isSystem: false,
    isEvent: false,
    defaults: [],
    ...parts,
  };
}

/** A model of an index. */
export function index(
  name: string,
  columns: readonly number[],
  algorithm: IndexModel['algorithm'] = 'btree',
): IndexModel {
  return { name: { source: name, canonical: name }, accessor: name, algorithm, columns };
}

/** A model of a module that has nothing but tables. */
export function moduleWithTables(tables: readonly TableModel[], typespace: Typespace = []): ModuleModel {
  return {
    typespace,
    types: [],
    tables,
    views: [],
    reducers: [],
    procedures: [],
    schedules: [],
    rowLevelSecurity: [],
    submodules: [],
    warnings: [],
  };
}

/** `value`, which a test knows to be there. */
export function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('expected a value');
  return value;
}
