import { type NamedType } from '../bsatn/algebraic-type.ts';
import { SchemaError } from '../errors.ts';
import { moduleFromBsatn } from '../module-def/index.ts';
import { ContentCache } from './content-cache.ts';
import { flatModule } from './flat-module.ts';
import { type RelationColumn } from './relation.ts';

/** The columns of tables and views as the module's source names them, in the order of the definition. */
export interface SourceColumns {
  readonly tables: readonly (readonly NamedType[])[];
  readonly views: readonly (readonly NamedType[])[];
}

/** Of a module that does not say how its source calls columns. */
export const noSourceColumns: SourceColumns = { tables: [], views: [] };

/**
 * What a module's source calls its columns; SQL accepts these names too. Read without any conversion of names, the definition of a module has them.
 */
export function sourceColumnsOf(definition: Uint8Array): SourceColumns {
  return cache.of(definition);
}

const cache = new ContentCache(readSourceColumns);

function readSourceColumns(definition: Uint8Array): SourceColumns {
  try {
    const { tables, views } = flatModule(moduleFromBsatn(definition, { form: 'canonical' }));
    return { tables: tables.map(({ columns }) => columns), views: views.map(({ columns }) => columns) };
  } catch (error) {
    // Names that are good only once they are converted: then there are no others.
    if (error instanceof SchemaError) return noSourceColumns;
    throw error;
  }
}

/** What SQL has to know of columns; `source` is the same columns by the names of the source, where they are known. */
export function relationColumns(
  columns: readonly NamedType[],
  source: readonly NamedType[] | undefined,
): readonly RelationColumn[] {
  return columns.map(({ name = '', type }, index) => {
    const alias = source?.[index]?.name;
    return alias === undefined || alias === name ? { name, type } : { name, alias, type };
  });
}
