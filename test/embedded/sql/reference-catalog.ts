import { readFileSync } from 'node:fs';
import { type RelationSchema } from '../../../src/embedded/relation.ts';
import { type Catalog } from '../../../src/embedded/sql/scope.ts';
import { moduleFromJson } from '../../../src/module-def/index.ts';
import { type ModuleModel, type TableModel, type ViewModel } from '../../../src/module-def/model.ts';

const model: ModuleModel = moduleFromJson(
  readFileSync(new URL('../../reference-module/schema.v10.json', import.meta.url), 'utf8'),
);

/** The tables and views of the reference module. */
export const referenceSchemas: readonly RelationSchema[] = [...model.tables.map(ofTable), ...model.views.map(ofView)];

/** What a client of the reference module may see. */
export const referenceCatalog: Catalog = catalogOf(referenceSchemas.filter(({ isPublic }) => isPublic));

/** What the owner of the reference module may see. */
export const ownerCatalog: Catalog = catalogOf(referenceSchemas);

export function catalogOf(schemas: readonly RelationSchema[]): Catalog {
  return { find: (name) => schemas.find((schema) => schema.name === name || schema.alias === name) };
}

function ofTable(table: TableModel): RelationSchema {
  return {
    name: table.name.canonical,
    alias: table.name.source,
    columns: table.columns.map(({ name, type }) => ({ name: name ?? '', type })),
    indexes: table.indexes.map(({ columns }) => columns),
    isPublic: table.isPublic,
    isEvent: table.isEvent,
    typespace: model.typespace,
  };
}

function ofView(view: ViewModel): RelationSchema {
  return {
    name: view.name.canonical,
    alias: view.name.source,
    columns: view.columns.map(({ name, type }) => ({ name: name ?? '', type })),
    indexes: [],
    isPublic: view.isPublic,
    isEvent: false,
    isView: true,
    typespace: model.typespace,
  };
}
