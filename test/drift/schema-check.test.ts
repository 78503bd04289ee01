import { afterEach, expect, test, vi } from 'vitest';
import { type ModuleShape } from '../../src/drift/compare.ts';
import { SchemaError } from '../../src/errors.ts';
import { SchemaCheck, type SchemaCheckHost } from '../../src/schema-check.ts';
import { referenceSchema } from '../module-def/fixtures.ts';
import { FakeClock } from '../support/fake-clock.ts';

afterEach(() => {
  vi.doUnmock('../../src/schema-comparison.ts');
  vi.resetModules();
});

function checkOf(more: Partial<SchemaCheckHost>): SchemaCheck {
  const host = {
    address: { host: 'localhost', database: 'notes', ssl: false },
    fetch: () => Promise.reject(new Error('nobody is to be asked')),
    clock: new FakeClock(),
    module: {},
    querySets: { live: () => [] },
    giveUp: () => undefined,
    reportError: () => undefined,
    ...more,
  };
  return new SchemaCheck(host, undefined);
}

const misfit = new SchemaError('a row of table note does not fit', { table: 'note' });

test('without what compares schemas the doubt itself is told, and why there is no more to say', async () => {
  vi.doMock('../../src/schema-comparison.ts', () => {
    throw new TypeError('blocked');
  });
  const errors: unknown[] = [];
  const check = checkOf({ reportError: (error) => errors.push(error) });
  check.onOpen();
  expect(await check.explain(misfit)).toBe(misfit);
  const message = expect.stringMatching(
    /^comparing the schema of the server with the generated code: loading .* failed/,
  );
  expect(errors).toMatchObject([{ name: 'ConnectionError', message, cause: expect.any(Error) }]);
  expect(check.errorFor(['note'])).toBeUndefined();
});

test('what a connection brought that is over meanwhile is not compared with the server of the next one', async () => {
  const schema: ModuleShape = {
    tables: [{ name: 'note', key: 'id', columns: [['id', 'String']] }],
    reducers: [],
    procedures: [],
  };
  const options = {
    module: { schema: () => Promise.resolve({ schema }) },
    fetch: () => Promise.resolve(new Response(referenceSchema(10))),
  };
  const over = checkOf(options);
  over.onOpen();
  const explained = over.explain(misfit);
  over.onLost();
  over.onOpen();
  expect(await explained).toBe(misfit);
  const present = checkOf(options);
  present.onOpen();
  expect(await present.explain(misfit)).toMatchObject({ name: 'SchemaError', table: 'note', cause: misfit });
});
