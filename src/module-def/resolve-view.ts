import { type AlgebraicType, type NamedType, specialTypeOf } from '../bsatn/algebraic-type.ts';
import { queryElement } from './canonical.ts';
import { type DefinedView } from './definition.ts';
import { type TableModel, type ViewModel } from './model.ts';
import { columnsOf, type Surroundings } from './resolve-table.ts';
import { schemaError } from './source.ts';

/** The model of one view. Throws a `SchemaError`. */
export function resolveView(
  view: DefinedView,
  surroundings: Surroundings & { readonly tables: readonly TableModel[] },
): ViewModel {
  const path = `${view.path}.return_type`;
  const { shape, rowRef } = shapeOf(view.returns, path);
  const columns = columnsOf(rowRef, surroundings.typespace, path);
  const declared = declaredPrimaryKey(view, columns, surroundings);
  return {
    name: surroundings.naming.function(view.name),
    index: view.index,
    isPublic: view.isPublic,
    isAnonymous: view.isAnonymous,
    params: view.params,
    returns: view.returns,
    shape,
    rowRef,
    columns,
    primaryKey: declared ?? (shape === 'query' ? inferredPrimaryKey(rowRef, surroundings.tables) : undefined),
  };
}

function shapeOf(returns: AlgebraicType, path: string): Pick<ViewModel, 'shape' | 'rowRef'> {
  if (returns.tag === 'Array' && returns.element.tag === 'Ref') return { shape: 'rows', rowRef: returns.element.ref };
  if (returns.tag === 'Product' && returns.elements.length === 1) {
    const [element] = returns.elements;
    if (element?.name === queryElement && element.type.tag === 'Ref')
      return { shape: 'query', rowRef: element.type.ref };
  }
  const special = specialTypeOf(returns);
  if (special?.kind === 'option' && special.some.tag === 'Ref') return { shape: 'option', rowRef: special.some.ref };
  throw schemaError(path, 'a view returns rows, an option of a row, or a query');
}

/** The key that the module declares; its column may be spelled as in the source or canonically. */
function declaredPrimaryKey(
  view: DefinedView,
  columns: readonly NamedType[],
  { definition, naming }: Surroundings,
): number | undefined {
  const { canonical } = naming.function(view.name);
  const entry = definition.viewPrimaryKeys.find(({ view: name }) => name === view.name || name === canonical);
  if (entry === undefined) return undefined;
  const [name, ...others] = entry.columns;
  if (others.length > 0) throw schemaError(entry.path, 'a primary key has one column');
  if (name === undefined) return undefined;
  const exact = columns.findIndex((column) => column.name === name);
  const index = exact === -1 ? columns.findIndex((column) => column.name === naming.column(name)) : exact;
  if (index === -1)
    throw schemaError(entry.path, `the view ${JSON.stringify(view.name)} has no column ${JSON.stringify(name)}`);
  return index;
}

/** A query keeps the key of the tables whose rows it returns, when they agree on it. */
function inferredPrimaryKey(rowRef: number, tables: readonly TableModel[]): number | undefined {
  const keys = tables.filter((table) => table.rowRef === rowRef && table.primaryKey !== undefined);
  const [first] = keys;
  return keys.every((table) => table.primaryKey === first?.primaryKey) ? first?.primaryKey : undefined;
}
