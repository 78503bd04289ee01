import * as hooks from 'spacetimedb-signals/react';
import { type SpacetimeDbClient, tables } from '../../generated/reference/index.ts';

/** What the compiler knows of what only React and Preact have, here in React; the line after `@ts-expect-error` must not compile. */
export function Component({ client, isWanted }: { client: SpacetimeDbClient; isWanted: boolean }): unknown {
  const titlesOf = (): readonly string[] => client.note.rows.value.map((note) => note.title);
  const titles: readonly string[] = hooks.useComputedValue(titlesOf, [client], hooks.sameItems);
  const later: boolean = hooks.useSubscription(client, isWanted ? tables.score : undefined).isReady;

  // @ts-expect-error -- titles are text
  const numbers: readonly number[] = hooks.useComputedValue(titlesOf, [client]);

  return [titles, later, numbers];
}
