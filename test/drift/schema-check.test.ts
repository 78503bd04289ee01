import { afterEach, expect, test, vi } from 'vitest';
import { SchemaError } from '../../src/errors.ts';
import { SchemaCheck, type SchemaCheckOptions } from '../../src/schema-check.ts';
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
  const check = new SchemaCheck(optionsOf({ expected: () => Promise.reject(new Error('nobody is to compare')) }));
  check.onOpen();
  const explained = check.explain(misfit);
  check.onLost();
  check.onOpen();
  expect(await explained).toBe(misfit);
});
