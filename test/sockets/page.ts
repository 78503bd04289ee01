import { LoadedClient } from './loaded-client.ts';

// For the test, which calls it by name.
Object.assign(globalThis, { LoadedClient });
