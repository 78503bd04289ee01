import * as fc from 'fast-check';

/** What happens to a client, its network and its server. */
export type QueueCommand =
  /** A call that puts or removes a row, and predicts it; `short`: it waits 10 ms for its outcome. */
  | { readonly kind: 'put' | 'remove'; readonly key: number; readonly short: boolean }
  /** The server carries out the next call that it was sent: as it is, as something else, or not at all. */
  | { readonly kind: 'serve'; readonly how: 'well' | 'otherwise' | 'not' }
  /** Somebody else changes a row. */
  | { readonly kind: 'remote'; readonly key: number; readonly value: string | undefined }
  /** The connection breaks; before that the server has carried out some more calls, whose answers are lost. */
  | { readonly kind: 'break'; readonly served: number }
  /** There is a connection, in which the client is this one of two. */
  | { readonly kind: 'connect'; readonly as: 'ann' | 'bob' }
  /** The server answers with the rows. */
  | { readonly kind: 'answer' }
  | { readonly kind: 'wait' }
  | { readonly kind: 'discard'; readonly index: number }
  /** The store cannot note that calls go out, or can again. */
  | { readonly kind: 'refuse' | 'allow' }
  /** A hook of the policy answers. */
  | { readonly kind: 'decide'; readonly how: 'replay' | 'discard' | 'fail' }
  /** Whoever made one of the calls of this run gives it up. */
  | { readonly kind: 'abort'; readonly index: number }
  /** The answers of the store wait from here on; one of them comes, whichever. */
  | { readonly kind: 'hold' }
  | { readonly kind: 'release'; readonly index: number }
  /** The program ends, properly or not, and begins anew. */
  | { readonly kind: 'restart' | 'crash' };

/** How the queue of a client is set up. */
export interface QueueOptions {
  readonly window: number;
  /** Whether the policy has hooks, which answer when they are told to. */
  readonly hasHooks: boolean;
}

/** Any of them. */
export const queueOptions: fc.Arbitrary<QueueOptions> = fc.record({
  window: fc.constantFrom(1, 2, 64),
  hasHooks: fc.boolean(),
});

const key = fc.constantFrom(0, 1, 2);

/** Any of them. */
export const queueCommand: fc.Arbitrary<QueueCommand> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constantFrom('put', 'put', 'remove'), key, short: fc.boolean() }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('serve'), how: fc.constantFrom('well', 'otherwise', 'not') }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('remote'),
      key,
      value: fc.option(fc.constantFrom('x', 'y'), { nil: undefined }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('break'), served: fc.constantFrom(0, 0, 1, 2) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('connect'), as: fc.constantFrom('ann', 'ann', 'ann', 'bob') }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('answer') }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('discard'), index: fc.nat({ max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('restart', 'crash') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('refuse', 'refuse', 'allow') }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('decide'),
      how: fc.constantFrom('replay', 'replay', 'replay', 'discard', 'fail'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('abort'), index: fc.nat({ max: 20 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('hold') }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('release'), index: fc.nat({ max: 5 }) }) },
);
