import { openWindow } from './window.ts';

const { host = '', database = '' } = document.documentElement.dataset;

// Two clients with two identities in one page: whatever one of them does, the other learns from the server.
for (const name of ['Ada', 'Grace']) void openWindow(name, { host, database });
