import { decode } from '../../bsatn/codec.ts';
import { codecOf } from '../../bsatn/composed-codec.ts';
import { type Identity } from '../../bsatn/special/identity.ts';
import { ProcedureError, ReducerError } from '../../errors.ts';
import { type Database } from '../database.ts';
import { jsonOf } from '../json-of.ts';
import { rowObjects, runStatement } from '../statement.ts';

/** Arguments of a call: the BSATN of the parameters, or a list for JSON, one item for each parameter. */
export type CallList = Uint8Array | readonly unknown[];

/** Calls and asks as somebody, without any connection: see `EmbeddedServer.as`. */
export interface EmbeddedCaller {
  /** Who it is to the module. */
  readonly identity: Identity;
  /**
   * A token for a client that is to be this caller; it does not expire. Throws a `RangeError` for a caller that was named by an identity: an identity is
   * the hash of a name, and cannot be turned back.
   */
  readonly token: string;
  /** Calls a reducer. Throws a `ReducerError` when it does not commit. */
  call(reducer: string, args?: CallList): void;
  /**
   * Calls a procedure; the result is what it returned, `bigint`, `{tag, value}` and so on, as everywhere in this package.
   * Rejects with a `ProcedureError` when it is not run to its end.
   */
  callProcedure(procedure: string, args?: CallList): Promise<unknown>;
  /**
   * Runs one statement of SQL. The result is the rows of a query, their columns by name; a statement that changes something has none.
   * Values are as everywhere in this package; columns and variants have the names of the schema. Throws an `SqlError` for a statement that is wrong, and for
   * one that changes something unless the caller is the owner.
   */
  query(statement: string): readonly Readonly<Record<string, unknown>>[];
}

/** `database` is asked at each call: a server that restarts has another one afterwards. */
export function embeddedCaller(
  database: () => Database,
  identity: Identity,
  token: string | undefined,
): EmbeddedCaller {
  return {
    identity,
    get token() {
      if (token !== undefined) return token;
      const hex = identity.toAbbreviated();
      throw new RangeError(
        `no token can be made for the identity ${hex} alone; name the caller: server.as('ann').token`,
      );
    },
    call: (reducer, args = []) => callReducer(database(), reducer, args, identity),
    callProcedure: async (procedure, args = []) => callProcedure(database(), procedure, args, identity),
    query: (statement) => rowObjects(runStatement(database(), statement, identity)),
  };
}

function callReducer(database: Database, reducer: string, args: CallList, identity: Identity): void {
  const outcome = database.callReducer({ name: reducer, args: encoded(args), identity, connectionId: undefined });
  switch (outcome.tag) {
    case 'committed':
      return;
    case 'failed':
      throw new ReducerError(reducer, 'failed', `reducer ${reducer} failed: ${outcome.message}`, outcome.error);
    case 'internalError': {
      const bytes = new TextEncoder().encode(outcome.message);
      throw new ReducerError(reducer, 'internalError', `reducer ${reducer}: ${outcome.message}`, bytes);
    }
  }
}

async function callProcedure(
  database: Database,
  procedure: string,
  args: CallList,
  identity: Identity,
): Promise<unknown> {
  const outcome = await database.callProcedure({
    name: procedure,
    args: encoded(args),
    identity,
    connectionId: undefined,
  });
  if (outcome.tag === 'internalError')
    throw new ProcedureError(procedure, `procedure ${procedure}: ${outcome.message}`);
  const { procedures, typespace } = database.module;
  const model = procedures.find(({ name }) => name.canonical === procedure);
  if (model === undefined) throw new Error(`procedure ${procedure} ran, but the module does not have it`);
  return decode(codecOf(model.returns, { typespace }), outcome.value, `what ${procedure} returned`);
}

function encoded(args: CallList): Uint8Array | string {
  return args instanceof Uint8Array ? args : jsonOf(args);
}
