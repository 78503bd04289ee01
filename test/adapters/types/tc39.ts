import { type Entity, type SpacetimeDbClient } from '../../generated/reference/index.ts';
import { toTc39Signal } from 'spacetimedb-signals/tc39';
import { Signal } from 'signal-polyfill';

/** What the compiler knows of the bridge; each line after `@ts-expect-error` must not compile. */
export function bridge(client: SpacetimeDbClient): unknown {
  const entity = toTc39Signal(client.entity.row(7), { signal: AbortSignal.timeout(1000) });
  const x: number | undefined = new Signal.Computed(() => entity.get()?.position.x).get();
  // @ts-expect-error -- rows change by reducers
  entity.set(undefined);
  // @ts-expect-error -- a row may be missing
  const certain: Entity = entity.get();
  return [x, certain];
}
