import { countUpdates } from './count-updates.ts';

// For the test, which calls it by name.
Object.assign(globalThis, { countUpdates });
