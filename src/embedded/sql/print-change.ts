import {
  printExpression,
  printExpressions,
  printIdentifier,
  printName,
  printQuery,
  printTableWithJoins,
  printWhere,
} from './print.ts';
import { type DeleteStatement, type InsertStatement, type Statement, type UpdateStatement } from './syntax.ts';

/** A statement as the server prints it when it refuses the whole of it. */
export function printStatement(statement: Statement): string {
  switch (statement.kind) {
    case 'query':
      return printQuery(statement.query);
    case 'insert':
      return printInsert(statement);
    case 'update':
      return printUpdate(statement);
    case 'delete':
      return printDelete(statement);
    case 'set':
      return `SET ${statement.isLocal ? 'LOCAL ' : ''}${statement.variable} = ${printExpressions(statement.values)}`;
    case 'show':
      return `SHOW ${statement.variable}`;
    case 'other':
      return statement.text;
  }
}

function printInsert({ table, columns, source, unsupported }: InsertStatement): string {
  const before = unsupported.before === '' ? ' INTO' : unsupported.before;
  const list = columns.length === 0 ? '' : ` (${columns.map(printIdentifier).join(', ')})`;
  return `INSERT${before} ${printName(table)}${list}${unsupported.afterColumns} ${printQuery(source)}${unsupported.after}`;
}

function printUpdate({ target, assignments, where, unsupported }: UpdateStatement): string {
  const set = assignments.map(({ column, value }) => `${printName(column)} = ${printExpression(value)}`).join(', ');
  return `UPDATE ${printTableWithJoins(target)} SET ${set}${unsupported.from}${printWhere(where)}${unsupported.after}`;
}

function printDelete({ from, where, unsupported }: DeleteStatement): string {
  const tables = from.map(printTableWithJoins).join(', ');
  return `DELETE${unsupported.before} FROM ${tables}${unsupported.using}${printWhere(where)}${unsupported.after}`;
}
