import { SpacetimeDbClient, tables } from '#bindings';
import { isSpacetimeDbError, LocalStorageTokenStore } from 'spacetimedb-signals';
import { chatRoom, showChat } from './chat.ts';
import { showProblem } from './dom.ts';
import { countStep } from './figures.ts';
import { showHeader } from './header.ts';
import { showNotes } from './notes.ts';
import { showWorld } from './world.ts';

const { host = '', database = '' } = document.documentElement.dataset;

// Needs no network yet: everything below can be bound to signals before there is a connection.
const client = await SpacetimeDbClient.create({
  host,
  database,
  // Of the window, not of the browser: so each window is somebody else, and stays who it is when it is loaded again.
  authStorage: new LocalStorageTokenStore('spacetimedb-signals-demo', sessionStorage),
  retryInitialConnect: true,
  wrapCommit: countStep,
});
client.onError(showProblem);

showHeader(client);
showWorld(client);
showNotes(client);
showChat(client);

// A token of a server that is gone is refused. The library never becomes somebody else by itself; this page may.
client.connection.onStateChanged(({ status }) => {
  if (status === 'authError') client.logout().then(connect).catch(showProblem);
});
await connect();

async function connect(): Promise<void> {
  try {
    await client.connect({
      initialSubscriptions: [
        tables.user,
        tables.me,
        tables.entity,
        `SELECT * FROM note WHERE folder = 'inbox'`,
        `SELECT * FROM message WHERE room = ${chatRoom}`,
        `SELECT * FROM chat_event WHERE room = ${chatRoom}`,
      ],
    });
  } catch (error) {
    if (!isSpacetimeDbError(error, 'auth')) showProblem(error);
  }
}
