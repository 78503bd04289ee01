import * as fc from 'fast-check';

/** Who a client is to the server. */
export type Name = 'ann' | 'bob';

/** What happens to the tabs of a site; `tab` counts those that are open, around and around. */
export type TabCommand =
  | { readonly kind: 'open' }
  /** The tab calls a reducer; `predicted`: with what it changes. */
  | { readonly kind: 'call'; readonly tab: number; readonly predicted: boolean }
  /** The tab has a connection, under this identity, and the rows of all sets or not yet. */
  | { readonly kind: 'connect'; readonly tab: number; readonly as: Name; readonly isAnswered: boolean }
  /** The server answers with the rows of all sets. */
  | { readonly kind: 'answer'; readonly tab: number }
  /** The server carries out the next call of the tab. */
  | { readonly kind: 'serve'; readonly tab: number }
  /** Somebody else changes a row. */
  | { readonly kind: 'remote'; readonly key: number }
  /** The connection of the tab breaks; before that the server has carried out some more calls, whose answers are lost. */
  | { readonly kind: 'break'; readonly tab: number; readonly served: number }
  | { readonly kind: 'wait'; readonly tab: number }
  /** The tab is closed by its app, which lets go of the client. */
  | { readonly kind: 'close'; readonly tab: number }
  /** The tab dies in what it does with the database after so many operations more; that one is done or not. */
  | { readonly kind: 'kill'; readonly tab: number; readonly after: number; readonly isDone: boolean }
  /** There is no room in the database, or there is. */
  | { readonly kind: 'full'; readonly isFull: boolean };

const tab = fc.nat({ max: 2 });

function command<Kind extends TabCommand['kind'], Rest extends object>(
  weight: number,
  kind: Kind,
  rest: { [Key in keyof Rest]: fc.Arbitrary<Rest[Key]> },
): fc.WeightedArbitrary<{ kind: Kind } & Rest> {
  return { weight, arbitrary: fc.record(rest).map((values) => ({ kind, ...values })) };
}

/** Any of them. */
export const tabCommand: fc.Arbitrary<TabCommand> = fc.oneof(
  command(4, 'open', {}),
  command(9, 'call', { tab, predicted: fc.boolean() }),
  command(5, 'connect', {
    tab,
    as: fc.constantFrom<Name>('ann', 'ann', 'ann', 'ann', 'bob'),
    isAnswered: fc.boolean(),
  }),
  command(3, 'answer', { tab }),
  command(6, 'serve', { tab }),
  command(4, 'remote', { key: fc.nat({ max: 3 }) }),
  command(2, 'break', { tab, served: fc.constantFrom(0, 0, 1, 2) }),
  command(2, 'wait', { tab }),
  command(1, 'close', { tab }),
  command(5, 'kill', { tab, after: fc.nat({ max: 12 }), isDone: fc.boolean() }),
  command(1, 'full', { isFull: fc.boolean() }),
);
