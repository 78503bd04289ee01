import { type AlgebraicType, type NamedType, type Typespace } from '../../bsatn/algebraic-type.ts';
import { elementsJson, printJson } from '../../module-def/schema-parts.ts';
import { whenDurable } from '../durability/journal.ts';
import { SqlError } from '../sql/index.ts';
import { runStatement, type StatementResult } from '../statement.ts';
import { connected } from './call-route.ts';
import { type HttpAnswer, jsonAnswer, textAnswer } from './http-message.ts';
import { queryFlag } from './query-flag.ts';
import { type DatabaseRouteContext } from './router.ts';
import { positionalPrinter } from './value-json.ts';

/**
 * Runs the one statement of the body. With `?confirmed=true`, which is usual, the answer waits until what it may tell of cannot be lost any more; an error
 * tells of nothing. Rejects with a `StorageError` where the disk does not keep it.
 */
export async function runSql(context: DatabaseRouteContext): Promise<HttpAnswer> {
  const { database, clock } = context.host;
  const confirmed = queryFlag(context.request.query, 'confirmed', true);
  if ('problem' in confirmed) return textAnswer(400, `Failed to deserialize query string: ${confirmed.problem}`);
  const sql = Buffer.from(context.request.body).toString('utf8');
  const { durability } = database;
  let commit = 0;
  const answer = await connected(context, ({ identity }) => {
    const start = clock.nowMicros();
    try {
      const result = runStatement(database, sql, identity);
      if (confirmed.value) commit = durability.lastCommit;
      return jsonAnswer(printResult(result, clock.nowMicros() - start));
    } catch (error) {
      if (error instanceof SqlError) return textAnswer(400, error.message);
      throw error;
    }
  });
  await whenDurable(durability, commit);
  return answer;
}

function printResult({ columns, rows, inserted, deleted, updated }: StatementResult, durationMicros: bigint): string {
  const printers = columns.map(({ type, typespace }) => positionalPrinter(type, typespace));
  const printed = rows.map((row) => `[${row.map((value, index) => printers[index]?.(value)).join(',')}]`);
  const schema = printJson(
    elementsJson(columns.map(({ name, type, typespace }) => ({ name, type: inline(type, typespace) }))),
  );
  const stats = JSON.stringify({ rows_inserted: inserted, rows_deleted: deleted, rows_updated: updated });
  return `[{"schema":${schema},"rows":[${printed.join(',')}],"total_duration_micros":${durationMicros},"stats":${stats}}]`;
}

/** The type without references, since the answer has no typespace; only what contains itself keeps one. */
function inline(type: AlgebraicType, typespace: Typespace, open: readonly number[] = []): AlgebraicType {
  const inner = (named: NamedType): NamedType => ({ name: named.name, type: inline(named.type, typespace, open) });
  switch (type.tag) {
    case 'Ref': {
      const target = open.includes(type.ref) ? undefined : typespace[type.ref];
      return target === undefined ? type : inline(target, typespace, [...open, type.ref]);
    }
    case 'Product':
      return { tag: 'Product', elements: type.elements.map(inner) };
    case 'Sum':
      return { tag: 'Sum', variants: type.variants.map(inner) };
    case 'Array':
      return { tag: 'Array', element: inline(type.element, typespace, open) };
    default:
      return type;
  }
}
