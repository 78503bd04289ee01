import { readFileSync } from 'node:fs';
import { Identity } from '../../../src/bsatn/special/identity.ts';
import { type Caller } from '../../../src/embedded/sql/scope.ts';
import { SqlError } from '../../../src/embedded/sql/sql-error.ts';
import { asObject, asTexts, type Json } from '../../support/golden/json.ts';

/** Somebody who asks. */
export const caller: Caller = {
  identity: Identity.fromHexString('c200640912d136e1cf4afa6647d476d54b805f61749e5ba81cbe95d5868d9c5a'),
};

/** The message of the {@link SqlError} that `run` throws, if it does; any other error goes on. */
export function errorOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof SqlError) return error.message;
    throw error;
  }
}

const refusals: Json = JSON.parse(readFileSync(new URL('refusals.json', import.meta.url), 'utf8'));

/** What a real server refused: the text of SQL and of the answer. */
export function recordedRefusals(
  kind: 'queries' | 'joins' | 'statements' | 'changes',
): readonly (readonly [sql: string, message: string])[] {
  return asObject(refusals, 'refusals')
    .list(kind)
    .map((pair) => {
      const [sql = '', message = ''] = asTexts(pair, kind);
      return [sql, message];
    });
}
