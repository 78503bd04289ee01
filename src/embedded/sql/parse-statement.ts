import { Cursor, type Identifier, identifierOf } from './cursor.ts';
import { type Grammar, keywordSet } from './grammar.ts';
import { parseExpression, parseOperators } from './parse-expression.ts';
import { parseQuery, parseSelectItem } from './parse-query.ts';
import { parseColumnList, parseTableWithJoins } from './parse-table.ts';
import { printIdentifier, printName, printSelectItem, printTableWithJoins } from './print.ts';
import { restOfStatement } from './raw-text.ts';
import { SqlError } from './sql-error.ts';
import { type DeleteStatement, type InsertStatement, type Statement, type UpdateStatement } from './syntax.ts';

/** Longer texts are not even parsed. Bytes of UTF-8. */
const maxBytes = 50_000;

/** Other statements that SQL knows: they are refused as a whole, by what they are. */
const otherStatements: ReadonlySet<string> = keywordSet(
  'KILL DESCRIBE EXPLAIN ANALYZE TRUNCATE MSCK CREATE CACHE DROP DISCARD DECLARE FETCH UNCACHE ALTER ' +
    'COPY CLOSE USE GRANT REVOKE START BEGIN SAVEPOINT COMMIT ROLLBACK ASSERT DEALLOCATE EXECUTE PREPARE ' +
    'MERGE COMMENT',
);

/**
 * Parses the one statement of a text; semicolons around it are allowed.
 * Throws an {@link SqlError} with the server's text for anything that is not one statement.
 */
export function parseStatement(sql: string): Statement {
  if (new TextEncoder().encode(sql).length > maxBytes) {
    throw new SqlError(`SQL query exceeds maximum allowed length: "${Array.from(sql).slice(0, 120).join('')}..."`);
  }
  try {
    return parseOnly(sql);
  } catch (error) {
    // Operators before an operand nest without a limit of their own.
    if (error instanceof RangeError) throw new SqlError('sql parser error: recursion limit exceeded');
    throw error;
  }
}

function parseOnly(sql: string): Statement {
  const cursor = new Cursor(sql);
  const grammar: Grammar = {
    cursor,
    expression: () => parseExpression(grammar),
    operators: (least) => parseOperators(grammar, least),
    query: () => parseQuery(grammar),
  };
  const statements: Statement[] = [];
  let isDelimited = true;
  for (;;) {
    while (cursor.takeSymbol(';')) isDelimited = true;
    if (cursor.atEnd() || cursor.keyword() === 'END') break;
    if (!isDelimited) cursor.expected('end of statement');
    statements.push(cursor.nested(() => parseOne(grammar)));
    isDelimited = false;
  }
  const [statement] = statements;
  if (statement === undefined) throw new SqlError('Empty SQL query');
  if (statements.length > 1) throw new SqlError('Multiple SQL statements are not supported');
  return statement;
}

function parseOne(grammar: Grammar): Statement {
  const { cursor } = grammar;
  const keyword = cursor.keyword();
  if (cursor.isSymbol('(') || ['SELECT', 'WITH', 'VALUES'].includes(keyword))
    return { kind: 'query', query: parseQuery(grammar) };
  if (otherStatements.has(keyword)) return { kind: 'other', text: restOfStatement(cursor) };
  const start = cursor.next();
  switch (keyword) {
    case 'INSERT':
      return parseInsert(grammar);
    case 'UPDATE':
      return parseUpdate(grammar);
    case 'DELETE':
      return parseDelete(grammar);
    case 'SET':
      return parseSet(grammar);
    case 'SHOW':
      return parseShow(grammar);
    default:
      return cursor.expected('an SQL statement', start);
  }
}

function parseInsert(grammar: Grammar): InsertStatement {
  const { cursor } = grammar;
  const into = cursor.takeOneOf('INTO', 'OVERWRITE');
  const beforeTable = cursor.takeKeywords('TABLE') ? ' TABLE' : '';
  const table = cursor.objectName();
  const columns = cursor.isSymbol('(') ? parseColumnList(cursor) : [];
  const afterColumns = cursor.isSymbol('(') ? ` (${parseColumnList(cursor).map(printIdentifier).join(', ')})` : '';
  const source = parseQuery(grammar);
  const conflict = cursor.keyword() === 'ON' ? `  ${restOfStatement(cursor)}` : '';
  const unsupported = {
    before: into === 'OVERWRITE' || beforeTable !== '' ? ` ${into ?? ''}${beforeTable}` : '',
    afterColumns,
    after: conflict + parseReturning(grammar),
  };
  return { kind: 'insert', table, columns, source, unsupported };
}

function parseUpdate(grammar: Grammar): UpdateStatement {
  const { cursor } = grammar;
  const target = parseTableWithJoins(grammar);
  cursor.expectKeyword('SET');
  const assignments = cursor.list(() => parseAssignment(grammar));
  const from = cursor.takeKeywords('FROM') ? ` FROM ${printTableWithJoins(parseTableWithJoins(grammar))}` : '';
  const where = cursor.takeKeywords('WHERE') ? grammar.expression() : undefined;
  return { kind: 'update', target, assignments, where, unsupported: { from, after: parseReturning(grammar) } };
}

/** The server takes every word up to the `=` for a part of the column's name, whatever stands between them. */
function parseAssignment(grammar: Grammar): UpdateStatement['assignments'][number] {
  const { cursor } = grammar;
  const column: Identifier[] = [];
  while (!cursor.atEnd() && !cursor.isSymbol('=')) {
    const token = cursor.next();
    if (token.kind === 'word') column.push(identifierOf(token));
  }
  cursor.expectSymbol('=');
  return { column, value: grammar.expression() };
}

function parseDelete(grammar: Grammar): DeleteStatement {
  const { cursor } = grammar;
  let before = '';
  if (!cursor.takeKeywords('FROM')) {
    before = ` ${cursor.list(() => printName(cursor.objectName())).join(', ')}`;
    cursor.expectKeyword('FROM');
  }
  const from = cursor.list(() => parseTableWithJoins(grammar));
  const using = cursor.takeKeywords('USING')
    ? ` USING ${cursor.list(() => printTableWithJoins(parseTableWithJoins(grammar))).join(', ')}`
    : '';
  const where = cursor.takeKeywords('WHERE') ? grammar.expression() : undefined;
  return { kind: 'delete', from, where, unsupported: { before, using, after: parseReturning(grammar) } };
}

function parseReturning(grammar: Grammar): string {
  const { cursor } = grammar;
  if (!cursor.takeKeywords('RETURNING')) return '';
  return ` RETURNING ${cursor.list(() => printSelectItem(parseSelectItem(grammar))).join(', ')}`;
}

function parseSet(grammar: Grammar): Statement {
  const { cursor } = grammar;
  const isLocal = cursor.takeOneOf('SESSION', 'LOCAL') === 'LOCAL';
  const variable = printName(cursor.objectName());
  if (!cursor.takeSymbol('=') && !cursor.takeKeywords('TO')) return cursor.expected('equals sign or TO');
  return { kind: 'set', variable, values: cursor.list(grammar.expression), isLocal };
}

function parseShow({ cursor }: Grammar): Statement {
  if (
    ['TABLES', 'COLUMNS', 'FIELDS', 'FUNCTIONS', 'CREATE', 'COLLATION', 'EXTENDED', 'FULL'].includes(cursor.keyword())
  ) {
    return { kind: 'other', text: `SHOW ${restOfStatement(cursor)}` };
  }
  const words: string[] = [];
  while (!cursor.atEnd() && !cursor.isSymbol('=')) {
    const token = cursor.next();
    if (token.kind === 'word') words.push(token.value);
  }
  return { kind: 'show', variable: words.join('.') };
}
