import { describe, expect, test } from 'vitest';
import * as errors from '../src/errors.ts';
import { isSpacetimeDbError, type SpacetimeDbErrorCode } from '../src/errors.ts';

type ErrorsModule = typeof errors;

/** One error of every class, made by one copy of the module. */
function oneOfEach(copy: ErrorsModule): Readonly<Record<SpacetimeDbErrorCode, errors.SpacetimeDbError>> {
  return {
    reducer: new copy.ReducerError('add', 'failed', 'nope', Uint8Array.of(1)),
    connection: new copy.ConnectionError('closed'),
    auth: new copy.AuthError('refused'),
    timeout: new copy.TimeoutError('late'),
    schema: new copy.SchemaError('drift', { table: 'user', column: 'name' }),
    protocol: new copy.ProtocolError('bytes'),
    subscription: new copy.SubscriptionError('no such table', ['SELECT * FROM t']),
    procedure: new copy.ProcedureError('divide', 'trap'),
    queueFull: new copy.QueueFullError('full'),
    mutationDiscarded: new copy.MutationDiscardedError('expired', 'too old'),
    storage: new copy.StorageError('disk'),
  };
}

const own = oneOfEach(errors);
const codes = Object.keys(own);

describe('the errors', () => {
  test('have the code that their class stands for', () => {
    expect(Object.entries(own).map(([code, error]) => [code, error.code])).toEqual(codes.map((code) => [code, code]));
  });

  test('have the name of their class, a message and a stack', () => {
    expect(Object.values(own).map((error) => error.name)).toEqual(
      Object.values(own).map((error) => error.constructor.name),
    );
    expect(own.protocol.message).toBe('bytes');
    expect(own.protocol.stack).toContain('ProtocolError: bytes');
    expect(String(own.reducer)).toBe('ReducerError: nope');
  });

  test('keep their cause, and have none when none was given', () => {
    const cause = new Error('disk');
    expect(new errors.StorageError('saving', { cause }).cause).toBe(cause);
    expect(new errors.SchemaError('drift', { cause }).cause).toBe(cause);
    expect(new errors.SubscriptionError('gone', [], { cause }).cause).toBe(cause);
    expect('cause' in new errors.StorageError('saving')).toBe(false);
  });

  test('of a refused token are connection errors too', () => {
    expect(own.auth).toBeInstanceOf(errors.ConnectionError);
    expect(isSpacetimeDbError(own.auth, 'connection')).toBe(false);
  });

  test('carry what their code is about', () => {
    expect(own.reducer).toMatchObject({ reducer: 'add', status: 'failed', errorBytes: Uint8Array.of(1) });
    expect(own.schema).toMatchObject({ table: 'user', column: 'name' });
    expect(own.subscription).toMatchObject({ queries: ['SELECT * FROM t'] });
    expect(own.procedure).toMatchObject({ procedure: 'divide' });
    expect(own.mutationDiscarded).toMatchObject({ reason: 'expired' });
  });
});

describe('isSpacetimeDbError', () => {
  test('knows every error by its own code and by no other', () => {
    const matches = Object.values(own).map((error) =>
      Object.values(own).filter(({ code }) => isSpacetimeDbError(error, code)),
    );
    expect(matches).toEqual(Object.values(own).map((error) => [error]));
    expect(Object.values(own).every((error) => isSpacetimeDbError(error))).toBe(true);
  });

  test('knows the errors of another copy of the module, where instanceof does not', async () => {
    const path = '../src/errors.ts?copy';
    const copy: ErrorsModule = await import(/* @vite-ignore */ path);
    expect(copy.ProtocolError).not.toBe(errors.ProtocolError);
    const others = Object.values(oneOfEach(copy));
    expect(others.some((error) => error instanceof errors.SpacetimeDbError)).toBe(false);
    expect(others.every((error) => isSpacetimeDbError(error, error.code))).toBe(true);
    expect(others.every((error) => copy.isSpacetimeDbError(own[error.code], error.code))).toBe(true);
  });

  test.each([
    undefined,
    null,
    'protocol',
    7,
    {},
    { code: 'protocol' },
    Object.assign(new Error('x'), { code: 'protocol' }),
  ])('does not take %s for one', (value) => {
    expect(isSpacetimeDbError(value)).toBe(false);
    expect(isSpacetimeDbError(value, 'protocol')).toBe(false);
  });

  test('narrows to the class of the code', () => {
    const error: unknown = own.reducer;
    expect(isSpacetimeDbError(error, 'reducer') && error.reducer).toBe('add');
  });
});
