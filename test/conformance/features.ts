import { expect } from 'vitest';
import { type Clock, EmbeddedServer } from '../../src/embedded/index.ts';
import { type ModuleModel } from '../../src/module-def/model.ts';
import { refuseUnsupported } from '../../src/embedded/supported.ts';
import { keyFromRandom } from '../../src/embedded/token-key.ts';
import { TokenAuthority } from '../../src/embedded/tokens.ts';
import { schemaWithSubmodules, syntheticSchema } from '../module-def/fixtures.ts';
import { rawModuleDefBsatn } from '../module-def/raw-module-def.ts';
import { referenceModule, referenceWasm } from '../support/golden/reference-schema.ts';
import { isAnswered, openSlowServer } from '../support/slow-server.ts';
import { spacetimeModule } from '../support/spacetime-module.ts';
import { WireClient } from '../support/wire-client.ts';

/** Something that a server does which the embedded one does not do, or not in the same way. */
export interface Difference {
  readonly feature: string;
  /** What the embedded server does. */
  readonly here: string;
  /** Shows that it does: a difference that is no more fails the conformance run. */
  readonly check: (server: EmbeddedServer) => Promise<void> | void;
}

const ask = async (server: EmbeddedServer, method: string, path: string): Promise<string> => {
  const headers = { authorization: `Bearer ${server.ownerToken}` };
  const response = await fetch(`${server.url}/v1/database/${server.database}${path}`, { method, headers });
  return `${response.status} ${await response.text()}`;
};

/** What is refused by name: nothing of it seems to work. */
export const refused: readonly Difference[] = [
  {
    feature: 'Row level security (`client_visibility_filter`)',
    here: 'a module that uses it is not loaded',
    check: () => refusesModule({ rowLevelSecurity: ['SELECT * FROM note'] }, 'row level security'),
  },
  {
    feature: 'Views with parameters',
    here: 'a module that has one is not loaded; no library makes them',
    check: () => {
      const views = referenceModule.views.map((view) => ({
        ...view,
        params: [{ name: 'n', type: { tag: 'U8' } as const }],
      }));
      refusesModule({ views }, 'a view with parameters');
    },
  },
  {
    feature: 'HTTP handlers of modules (`/route/*`)',
    here: 'a module that has one is not loaded; the route answers 501',
    check: async (server) => {
      refusesModule({ httpHandlers: ['hook'] }, 'an HTTP handler (hook)');
      expect(await ask(server, 'GET', '/route/hook')).toContain('501');
    },
  },
  {
    feature: 'Whatever a newer definition of a module has',
    here: 'a module that has it is not loaded',
    check: () => refusesModule({ warnings: ['the section 99 is unknown and left out'] }, 'something of a newer server'),
  },
  {
    feature: 'Modules of another host interface than `spacetime_10.*` and `spacetime:sys@2.*`',
    here: 'not loaded; the import is named',
    check: async () => {
      const module = spacetimeModule({
        imports: [{ module: 'spacetime_11.0', name: 'new_call', params: [], results: [] }],
      });
      await expect(EmbeddedServer.start({ module, database: 'x' })).rejects.toThrow('spacetime_11.0.new_call');
    },
  },
  {
    feature: 'Publishing, deleting, naming, locking a database over HTTP',
    here: '501, with the reason',
    check: async (server) => {
      for (const [method, path] of [
        ['PUT', ''],
        ['DELETE', ''],
        ['POST', '/names'],
        ['POST', '/lock'],
      ] as const) {
        expect(await ask(server, method, path)).toContain('501 the embedded server does not implement');
      }
    },
  },
  {
    feature: 'Following a log (`/logs?follow=true`)',
    here: '501; the option `log` is called with each line, and `/logs` has them all',
    check: async (server) => expect(await ask(server, 'GET', '/logs?follow=true')).toContain('501'),
  },
  {
    feature: 'Tokens of other issuers (OIDC)',
    here: 'refused with 401: nothing is looked up on the network',
    check: async (server) => {
      const stranger = new TokenAuthority({
        nowMicros: () => server.clock.nowMicros(),
        key: keyFromRandom((size) => new Uint8Array(size).fill(5)),
      });
      await expect(WireClient.inMemory(server, { token: stranger.issue('ann') })).rejects.toThrow('401 Invalid token');
    },
  },
  {
    feature: 'The v1 protocol (`v1.bsatn.spacetimedb`, `v1.json.spacetimedb`)',
    here: '400 `no valid protocol selected`',
    check: async (server) => {
      const subprotocols = ['v1.bsatn.spacetimedb', 'v1.json.spacetimedb'];
      const url = `ws://x/v1/database/${server.database}/subscribe`;
      const failure = await new Promise((resolve) => {
        const quiet = { onOpen: () => resolve('opened'), onFrame: () => undefined, onClose: () => undefined };
        server.connectInMemory(
          { url, subprotocols, token: undefined },
          { ...quiet, onFailure: ({ status, message }) => resolve(`${status} ${message}`) },
        );
      });
      expect(failure).toBe('400 no valid protocol selected');
    },
  },
];

/** What works in another way. */
export const different: readonly Difference[] = [
  {
    feature: 'Order of rows',
    here: 'the order in which they were stored; a server’s is another one, and neither promises any',
    check: (server) => {
      server.query("INSERT INTO score (player, points) VALUES ('b', 1), ('a', 2)");
      expect(server.query('SELECT player FROM score')).toEqual([{ player: 'b' }, { player: 'a' }]);
    },
  },
  {
    feature: 'Durability',
    here: 'in memory; a log on disk with `dataDir`, in a format of its own',
    check: async (server) => {
      server.call('add_score', ['kept', 1]);
      await server.reset();
      expect(server.query('SELECT * FROM score')).toEqual([]);
    },
  },
  {
    feature: '`/sql` without `confirmed`',
    here: 'waits for the disk, as with `confirmed=true` and as clients do; whether a server does is not known',
    check: async () => {
      const slow = await openSlowServer();
      const answer = slow.sql("INSERT INTO score (player, points) VALUES ('ann', 1)");
      expect(await isAnswered(answer)).toBe(false);
      slow.journal.reach();
      expect(await answer).toContain('"rows_inserted":1');
    },
  },
  {
    feature: 'Energy, teams, other databases of the same server',
    here: 'there are none: energy is always 0, and a server has one database',
    check: async (server) => {
      const headers = { 'content-type': 'application/json' };
      const url = `${server.url}/v1/database/${server.database}/call/noop`;
      const response = await fetch(url, { method: 'POST', headers, body: '[]' });
      expect(response.headers.get('spacetime-energy-used')).toBe('0');
      const other = await fetch(`${server.url}/v1/database/other/identity`);
      expect(other.status).toBe(404);
    },
  },
  {
    feature: 'Row limits of SQL (`row_limit`)',
    here: 'none; `SET` and `SHOW` are refused: a server compares the limit with an estimate, which depends on how it would run the query',
    check: (server) => {
      expect(() => server.query('SET row_limit = 5')).toThrow('Unsupported: SET row_limit = 5');
      expect(() => server.query('SHOW row_limit')).toThrow('Unsupported: SHOW row_limit');
      server.call('spawn', [0, 5000]);
      expect(server.as('ann').query('SELECT * FROM entity')).toHaveLength(5000);
    },
  },
  {
    feature: 'A transaction of a procedure',
    here: 'has the server to itself, for ten seconds at most',
    check: async (server) => {
      expect(await server.callProcedure('slow_say', [1, 'x'])).toEqual({ tag: 'active', value: 1n });
    },
  },
  {
    feature: 'Submodules',
    here:
      'a namespace is spelled as the module spells it (`myLib.note`), where newer servers convert it like any other name; ' +
      'those of a module in wasm, which no library makes, are numbered as in TypeScript',
    check: async () => {
      const schema = schemaWithSubmodules('{"sections":[]}', { myLib: syntheticSchema('nested') });
      const definition = [...rawModuleDefBsatn(schema, 10).subarray(1)];
      const server = await EmbeddedServer.start({ module: spacetimeModule({ definition }), database: 'x' });
      expect(server.query('SELECT * FROM myLib.t')).toEqual([]);
      await server.close();
    },
  },
  {
    feature: 'Keys of tokens',
    here: 'made anew at every start, unless there is a `dataDir` or a `seed`; the curve is the same (ES256)',
    check: async (server) => {
      const key = async ({ url }: EmbeddedServer): Promise<string> =>
        (await fetch(`${url}/v1/identity/public-key`)).text();
      const other = await startChecked();
      expect(await key(other)).not.toBe(await key(server));
      await other.close();
    },
  },
];

function refusesModule(part: Partial<ModuleModel>, words: string): void {
  expect(() => refuseUnsupported({ ...referenceModule, ...part })).toThrow(words);
}

/** A server for the checks. */
export async function startChecked(clock?: Clock): Promise<EmbeddedServer> {
  return EmbeddedServer.start({
    module: referenceWasm,
    database: 'compat',
    log: () => undefined,
    ...(clock && { clock }),
  });
}
