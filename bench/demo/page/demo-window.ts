import { type SpacetimeDbClient } from '#bindings';
import { type Figures } from './figures.ts';

/** One of the windows of the page: a client, and the element that shows what it knows. */
export interface DemoWindow {
  readonly client: SpacetimeDbClient;
  readonly element: HTMLElement;
  readonly figures: Figures;
  /** Shows an error for some seconds. A `ReducerError` says what the module said. */
  report(this: void, error: unknown): void;
}
