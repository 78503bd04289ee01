import { type EmbeddedServer, MigrationError } from '../../src/embedded/index.ts';
// Clients load it when they need it, and the clock of a simulation does not wait for it.
import '../../src/schema-comparison.ts';
import { isSpacetimeDbError } from '../../src/errors.ts';
import { type SeededRandom } from '../support/random.ts';
import { type FakeClock } from '../support/fake-clock.ts';
import { type AppUser } from './app-user.ts';
import { passUntil } from './pass.ts';
import { tableOf } from './table-of.ts';
import { fitting, type ModuleVersion, type ModuleVersions } from './module-versions.ts';

/** The module of a server in another version now and then, in the middle of everything, and what clients may say of that. */
export class ChangingModule {
  /** How often it was another one, with its connections and without, and how often somebody was refused the rows of a table that did not fit. */
  readonly changes = { reloads: 0, resets: 0, refused: 0 };
  /** The tables that did not fit at any time. */
  readonly everMisfits: Set<string> = new Set();
  readonly #everOther = new Set<string>();
  readonly #server: EmbeddedServer;
  readonly #versions: ModuleVersions;
  readonly #random: SeededRandom;
  #version = fitting;
  #schema = '';

  private constructor(server: EmbeddedServer, versions: ModuleVersions, random: SeededRandom) {
    this.#server = server;
    this.#versions = versions;
    this.#random = random;
  }

  static async of(server: EmbeddedServer, versions: ModuleVersions, random: SeededRandom): Promise<ChangingModule> {
    const module = new ChangingModule(server, versions, random);
    await module.#become(fitting);
    return module;
  }

  get version(): ModuleVersion {
    return this.#version;
  }

  /** The network by which clients ask for the schema; it fails at times. */
  readonly fetch: typeof fetch = async () => {
    if (this.#random.chance(0.1)) throw new TypeError('no network');
    return new Response(this.#schema);
  };

  /** Puts another version in the place of the present one: with the rows where they fit, otherwise without those of some tables, or of all. */
  async change(version: ModuleVersion = this.#versions.pick(this.#random)): Promise<void> {
    try {
      await this.#server.reload(version.module);
      this.changes.reloads++;
    } catch (error) {
      if (!(error instanceof MigrationError)) throw error;
      if (this.#random.chance(0.5)) {
        this.#empty([...this.#version.misfits.keys(), ...version.misfits.keys()]);
        await this.#server.reload(version.module);
        this.changes.reloads++;
      } else {
        await this.#server.reset(version.module);
        this.changes.resets++;
      }
    }
    await this.#become(version);
  }

  /** Whether an error belongs to versions that do not fit. */
  tolerates(error: unknown): boolean {
    if (isSpacetimeDbError(error, 'schema')) {
      const { table, reducer } = error;
      return this.everMisfits.has(table ?? '') || this.#everOther.has(reducer ?? '');
    }
    if (isSpacetimeDbError(error, 'subscription'))
      return [...this.everMisfits].some((table) => error.message.includes(table));
    return isSpacetimeDbError(error, 'connection') && error.message.endsWith('no network');
  }

  /** Of a table whose rows cannot be read no set is left that has any, and whoever asks for them is told why. */
  async judge({ client, core }: AppUser, clock: FakeClock): Promise<void> {
    const { misfits } = this.#version;
    for (const query of core.querySets.live().flatMap(({ queries }) => queries)) {
      if (this.#hasMisfitRows(tableOf(query), query)) throw new Error(`${query} is live, and its rows cannot be read`);
    }
    for (const [table, how] of misfits) {
      const query = `SELECT * FROM ${table}`;
      if (!this.#hasMisfitRows(table, query)) continue;
      this.changes.refused++;
      const told = await passUntil(clock, query, client.subscriptions.subscribe(query).applied).catch(
        (error: unknown) => error,
      );
      const isTold = isSpacetimeDbError(told, 'schema')
        ? told.table === table
        : how === 'gone' && isSpacetimeDbError(told, 'subscription');
      if (!isTold) throw new Error(`subscribing to ${table}, which is ${how}: ${String(told)}`);
    }
  }

  #hasMisfitRows(table: string, query: string): boolean {
    const how = this.#version.misfits.get(table);
    return how === 'gone' || (how === 'other' && this.#server.query(query).length > 0);
  }

  #empty(tables: readonly string[]): void {
    for (const table of tables) {
      if (this.#version.misfits.get(table) !== 'gone') this.#server.query(`DELETE FROM ${table}`);
    }
  }

  async #become(version: ModuleVersion): Promise<void> {
    this.#version = version;
    for (const table of version.misfits.keys()) this.everMisfits.add(table);
    for (const reducer of version.otherReducers) this.#everOther.add(reducer);
    const { url, database } = this.#server;
    const response = await fetch(`${url}/v1/database/${database}/schema?version=10`);
    this.#schema = await response.text();
  }
}
