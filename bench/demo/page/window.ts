import { SpacetimeDbClient, tables } from '#bindings';
import { LocalStorageTokenStore } from 'spacetimedb-signals';
import { chatRoom, showChat } from './chat.ts';
import { showConnection } from './connection.ts';
import { showCorner } from './corner.ts';
import { DemoStorage } from './demo-storage.ts';
import { type DemoWindow } from './demo-window.ts';
import { copyOfTemplate, find, reporterIn } from './dom.ts';
import { countFigures } from './figures.ts';
import { showName } from './name.ts';
import { showNotes } from './notes.ts';
import { showWorld } from './world/show-world.ts';

/** Where the database is. */
interface Place {
  readonly host: string;
  readonly database: string;
}

/** Makes a client, binds a window to its signals, and connects. */
export async function openWindow(name: string, place: Place): Promise<void> {
  const element = copyOfTemplate('#window', HTMLElement);
  element.setAttribute('aria-label', `The window of ${name}`);
  find(document, 'main', HTMLElement).append(element);
  const report = reporterIn(element);
  const figures = countFigures();

  // Needs no network: everything below can be bound to signals before there is a connection.
  const client = await SpacetimeDbClient.create({
    ...place,
    // Each window has a token of its own, so each is somebody else, and stays who it is when the page is loaded again.
    authStorage: new LocalStorageTokenStore(`spacetimedb-signals-demo-${name}`),
    // What is written while this window is offline waits in IndexedDB, also for a reload, and is sent in order.
    offlineStorage: new DemoStorage(`spacetimedb-signals-demo-${name}`),
    wrapCommit: figures.countStep,
  });
  client.onError(report);
  // A call that waited has nobody any more to whom it could fail.
  client.onMutationSyncResult(({ error, wasPending }) => void (wasPending && error !== undefined && report(error)));

  const demoWindow: DemoWindow = { client, element, figures, report };
  showConnection(demoWindow);
  showName(demoWindow, name);
  showWorld(demoWindow);
  showCorner(demoWindow);
  showNotes(demoWindow);
  showChat(demoWindow);

  // A token of a server that is gone is refused. The library never becomes somebody else by itself; this page may.
  client.connection.onStateChanged(({ status }) => {
    if (status === 'authError') client.logout().then(connect).catch(report);
  });
  connect();

  function connect(): void {
    client
      .connect({
        initialSubscriptions: [
          tables.user,
          tables.me,
          tables.entity,
          tables.note.where((note) => note.folder.eq('inbox')),
          tables.message.where((message) => message.room.eq(chatRoom)),
          tables.chatEvent.where((event) => event.room.eq(chatRoom)),
        ],
      })
      .catch((error: unknown) => {
        if (client.connection.state.value.status !== 'authError') report(error);
      });
  }
}
