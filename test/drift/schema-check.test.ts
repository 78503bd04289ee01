import { afterEach, expect, test, vi } from 'vitest';
import { type ModuleShape } from '../../src/drift/compare.ts';
import { SchemaError } from '../../src/errors.ts';
import { SchemaCheck, type SchemaCheckOptions } from '../../src/schema-check.ts';
import { referenceSchema } from '../module-def/fixtures.ts';
import { FakeClock } from '../support/fake-clock.ts';

afterEach(() => {
  vi.doUnmock('../../src/schema-comparison.ts');
  vi.resetModules();
});

function optionsOf(more: Partial<SchemaCheckOptions>): SchemaCheckOptions {
  return {
    mode: undefined,
    address: { host: 'localhost', database: 'notes', ssl: false },
    fetch: () => Promise.reject(new Error('nobody is to be asked')),
    clock: new FakeClock(),
    expected: undefined,
    liveSets: () => [],
    giveUp: () => undefined,
    onError: () => undefined,
    ...more,
  };
}

const misfit = new SchemaError('a row of table note does not fit', { table: 'note' });

test('without what compares schemas the doubt itself is told, and why there is no more to say', async () => {
  vi.doMock('../../src/schema-comparison.ts', () => {
    throw new TypeError('blocked');
  });
  const errors: unknown[] = [];
  const check = new SchemaCheck(optionsOf({ onError: (error) => errors.push(error) }));
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
    expected: () => Promise.resolve({ schema }),
    fetch: () => Promise.resolve(new Response(referenceSchema(10))),
  };
  const over = new SchemaCheck(optionsOf(options));
  over.onOpen();
  const explained = over.explain(misfit);
  over.onLost();
  over.onOpen();
  expect(await explained).toBe(misfit);
  const present = new SchemaCheck(optionsOf(options));
  present.onOpen();
  expect(await present.explain(misfit)).toMatchObject({ name: 'SchemaError', table: 'note', cause: misfit });
});
