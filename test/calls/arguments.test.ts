import { afterEach, expect, test, vi } from 'vitest';
import { type Codec } from '../../src/bsatn/codec.ts';
import { encodeArguments, rejection } from '../../src/calls/arguments.ts';
import { ReducerDefinition } from '../../src/calls/definition.ts';

afterEach(() => {
  vi.doUnmock('../../src/bsatn/encoding-problem.ts');
  vi.resetModules();
});

const args: Codec<{ readonly id: number }> = {
  read: (reader) => ({ id: reader.u32() }),
  write: (writer, { id }) => writer.u32(id),
  minSize: 4,
};
const move = new ReducerDefinition({ name: 'move', args });

function problemOf(given: { readonly id: number }): unknown {
  try {
    return encodeArguments(move, given);
  } catch (error) {
    return error;
  }
}

test('arguments that do not fit are told apart by what is loaded for that', async () => {
  const problem = problemOf({ id: -1 });
  await expect(rejection(problem)).rejects.toThrow(
    /^calling reducer move: the argument id, which is the number -1, cannot be encoded: /,
  );
});

test('where that cannot be loaded, what the codec said has to do', async () => {
  vi.doMock('../../src/bsatn/encoding-problem.ts', () => {
    throw new TypeError('blocked');
  });
  const problem = problemOf({ id: -1 });
  await expect(rejection(problem)).rejects.toBe(problem);
  expect(problem).toMatchObject({
    name: 'TypeError',
    message: expect.stringMatching(/^calling reducer move: one of the arguments cannot be encoded: .*-1/),
  });
});

test('other errors are told at once', async () => {
  const error = new Error('there is no connection');
  const told: unknown[] = [];
  rejection(error).catch((reason: unknown) => told.push(reason));
  await Promise.resolve();
  expect(told).toEqual([error]);
});
