/** A page of the package's own provider for React, the only part of it that connects again by itself. */
import { createElement, type FunctionComponent, type ReactElement, useState } from 'react';
import { createRoot } from 'react-dom/client';
import * as adapter from 'spacetimedb/react';
import { officialModule } from './bindings.ts';
import { sdk } from './official-sdk.ts';

/** What the page uses of the adapter, in types of our own, as in `official-sdk.ts`. */
interface Adapter {
  readonly SpacetimeDBProvider: FunctionComponent<{ readonly connectionBuilder: unknown }>;
  readonly useTable: (
    query: unknown,
  ) => readonly [rows: readonly { readonly id: bigint; readonly title: string }[], isReady: boolean];
  readonly useReducer: (reducer: unknown) => (args: object) => Promise<unknown>;
}

const { SpacetimeDBProvider, useTable, useReducer } = adapter as unknown as Adapter;
const { note } = sdk.makeQueryBuilder(officialModule);
const createNote = Reflect.get(officialModule, 'reducers').find(
  (it: { readonly accessorName: string }) => it.accessorName === 'createNote',
);

function Notes(): ReactElement {
  const [rows, isReady] = useTable(note);
  const create = useReducer(createNote);
  const [outcome, setOutcome] = useState('');
  const onClick = (): void => {
    const args = { id: BigInt(rows.length + 1), folder: 'inbox', title: `note ${rows.length + 1}`, body: '', tags: [] };
    create(args).then(
      () => setOutcome(`created ${args.id}`),
      (error: unknown) => setOutcome(String(error)),
    );
  };
  return createElement(
    'main',
    {},
    createElement(
      'p',
      { id: 'notes' },
      `${isReady ? 'ready' : 'not ready'}: ${rows
        .map(({ title }) => title)
        .sort()
        .join(', ')}`,
    ),
    createElement('button', { onClick }, 'create'),
    createElement('p', { id: 'outcome' }, outcome),
  );
}

// For the test, which calls it by name.
Object.assign(globalThis, {
  show: (uri: string, database: string) => {
    const { document } = globalThis as unknown as {
      readonly document: { readonly body: Parameters<typeof createRoot>[0] };
    };
    const connectionBuilder = new sdk.DbConnectionBuilder(officialModule, (config) => new sdk.DbConnectionImpl(config))
      .withUri(uri)
      .withDatabaseName(database)
      .withCompression('none');
    createRoot(document.body).render(createElement(SpacetimeDBProvider, { connectionBuilder }, createElement(Notes)));
  },
});
