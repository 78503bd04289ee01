import { type Identifier } from './cursor.ts';
import {
  type Expression,
  type Query,
  type Select,
  type SelectItem,
  type TableFactor,
  type TableWithJoins,
} from './syntax.ts';

/** `text` inside quotes. A quote is doubled, unless a backslash stands before it. */
export function printQuoted(text: string, quote: '"' | "'"): string {
  let printed = '';
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    printed += character;
    if (character !== quote || text.charAt(index - 1) === '\\') continue;
    printed += quote;
    if (text.charAt(index + 1) === quote) index++;
  }
  return `${quote}${printed}${quote}`;
}

export function printIdentifier({ name, quote }: Identifier): string {
  return quote === undefined ? name : printQuoted(name, quote);
}

export function printName(parts: readonly Identifier[]): string {
  return parts.map(printIdentifier).join('.');
}

export function printExpressions(expressions: readonly Expression[]): string {
  return expressions.map(printExpression).join(', ');
}

/** An expression as the server prints it: keywords in upper case, one space around operators, `true` and `false` in lower case. */
export function printExpression(expression: Expression): string {
  switch (expression.kind) {
    case 'name':
      return printName(expression.parts);
    case 'nested':
      return `(${printExpression(expression.inner)})`;
    case 'unary':
      return `${expression.operator}${printExpression(expression.operand)}`;
    case 'binary':
      return printBinary(expression);
    case 'literal':
    case 'call':
    case 'other':
      return expression.text;
  }
}

/** Chains of operators lean to the left and may be long: a loop, not a recursion. */
function printBinary(expression: Expression): string {
  const parts: string[] = [];
  let left = expression;
  for (; left.kind === 'binary'; left = left.left) parts.push(` ${left.operator} ${printExpression(left.right)}`);
  return printExpression(left) + parts.reverse().join('');
}

export function printQuery(query: Query): string {
  const limit = query.limit === undefined ? '' : ` LIMIT ${printExpression(query.limit)}`;
  return query.withClause + printQueryBody(query) + query.orderBy + limit + query.afterLimit;
}

export function printQueryBody({ body }: Query): string {
  switch (body.kind) {
    case 'select':
      return printSelect(body.select);
    case 'values': {
      const row = body.isExplicitRow ? 'ROW' : '';
      return `VALUES ${body.rows.map((values) => `${row}(${printExpressions(values)})`).join(', ')}`;
    }
    case 'other':
      return body.text;
  }
}

export function printSelect({ projection, from, where, unsupported }: Select): string {
  return [
    `SELECT${unsupported.beforeProjection} ${projection.map(printSelectItem).join(', ')}${unsupported.into}`,
    from.length === 0 ? '' : ` FROM ${from.map(printTableWithJoins).join(', ')}`,
    printWhere(where),
    unsupported.afterWhere,
  ].join('');
}

export function printWhere(where: Expression | undefined): string {
  return where === undefined ? '' : ` WHERE ${printExpression(where)}`;
}

export function printSelectItem(item: SelectItem): string {
  switch (item.kind) {
    case 'wildcard':
      return '*';
    case 'tableWildcard':
      return `${printName(item.table)}.*`;
    case 'expression':
      return printExpression(item.expression) + printAlias(item.alias);
  }
}

export function printAlias(alias: Identifier | undefined): string {
  return alias === undefined ? '' : ` AS ${printIdentifier(alias)}`;
}

export function printTableFactor(table: TableFactor): string {
  return table.kind === 'other' ? table.text : printName(table.name) + printAlias(table.alias);
}

export function printTableWithJoins({ table, joins }: TableWithJoins): string {
  const printed = joins.map(({ table, operator, on, using }) => {
    const constraint = on === undefined ? using : ` ON ${printExpression(on)}`;
    return ` ${operator} ${printTableFactor(table)}${constraint}`;
  });
  return printTableFactor(table) + printed.join('');
}
