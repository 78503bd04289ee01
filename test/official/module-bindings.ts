/** What `spacetime generate` would write for the reference module, as far as the guide from the official client uses it. */
import { WebSocket } from 'ws';
import { officialModule } from './bindings.ts';
import { sdk } from './official-sdk.ts';

// Node 20 has none.
Object.assign(globalThis, { WebSocket });

type Builder = InstanceType<typeof sdk.DbConnectionBuilder>;

/** The connection of the generated code. */
export const DbConnection: { readonly builder: () => Builder } = {
  builder: () => new sdk.DbConnectionBuilder(officialModule, (config) => new sdk.DbConnectionImpl(config)),
};
