import { type ModuleModel } from '../../src/module-def/index.ts';

const identifier = String.raw`"?([\p{L}_][\p{L}\p{N}_]*)"?`;
const projection = new RegExp(String.raw`^\s*select\s+(?:${identifier}\s*\.\s*)?\*`, 'iu');
const tableWithAlias = new RegExp(
  String.raw`\b(?:from|join)\s+${identifier}(?:\s+(?:as\s+)?(?!(?:join|inner|where|on)\b)${identifier})?`,
  'giu',
);

/** The tables of which clients see only the rows that a filter of the module selects. */
export function filteredTables({ rowLevelSecurity }: ModuleModel): ReadonlySet<string> {
  return new Set(rowLevelSecurity.flatMap(returnedTable));
}

/** The table that a filter returns rows of; none where the filter is not written as filters are. */
function returnedTable(sql: string): string[] {
  const projected = projection.exec(sql);
  if (projected === null) return [];
  const tables = [...sql.matchAll(tableWithAlias)].map(([, name = '', alias = name]) => ({ name, alias }));
  const returned = projected[1] === undefined ? tables[0] : tables.find(({ alias }) => alias === projected[1]);
  return returned === undefined ? [] : [returned.name];
}
