/** The program whose bundle is measured beside that of the official client: one table, one reducer. `small` are the bindings of `player`. */
export const smallProgram = `
import { effect } from 'spacetimedb-signals';
import { SpacetimeDbClient } from './small/index.js';

const client = await SpacetimeDbClient.create({ host: 'localhost:3000', database: 'players' });
effect(() => console.log(client.player.rows.value.length));
await client.connect({ initialSubscriptions: ['SELECT * FROM player'] });
await client.reducers.movePlayer({ id: 1, x: 1, y: 2, z: 3 });
`;
