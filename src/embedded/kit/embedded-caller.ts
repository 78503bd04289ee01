import { isBytes } from '../../bsatn/bytes.ts';
import { decode } from '../../bsatn/codec.ts';
import { codecOf } from '../../bsatn/composed-codec.ts';
import { type Identity } from '../../bsatn/special/identity.ts';
import { ProcedureError, ReducerError } from '../../errors.ts';
import { type ProcedureModel, type ReducerModel } from '../../module-def/model.ts';
import { type CallProblem } from '../commit.ts';
import { type Database } from '../database.ts';
import { type Death, printDeath } from '../death.ts';
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
  /** Calls a reducer by its canonical name. Throws a `ReducerError` when it does not commit, a `TypeError` for arguments that are no list. */
  call(reducer: string, args?: CallList): void;
  /**
   * Calls a procedure by its canonical name; the result is what it returned, `bigint`, `{tag, value}` and so on, as everywhere in this package.
   * Rejects with a `ProcedureError` when it is not run to its end, with a `TypeError` for arguments that are no list.
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
  const { reducers, procedures } = database.module;
  const params = paramsOf(reducers, reducer);
  const bytes = encoded(args, `reducer ${reducer}`, params);
  const outcome = database.callReducer({ name: reducer, args: bytes, identity, connectionId: undefined });
  switch (outcome.tag) {
    case 'committed':
      return;
    case 'failed':
      throw new ReducerError(reducer, 'failed', `reducer ${reducer} failed: ${outcome.message}`, outcome.error);
    case 'internalError': {
      const hint = isUnknown(outcome) ? hintFor(reducer, reducers, procedures, 'a procedure: use callProcedure') : '';
      const errorBytes = new TextEncoder().encode(outcome.message);
      const message = `reducer ${reducer}${deathText(outcome) ?? `: ${saidOnce(outcome.message, params)}${hint}`}`;
      throw new ReducerError(reducer, 'internalError', message, errorBytes);
    }
  }
}

async function callProcedure(
  database: Database,
  procedure: string,
  args: CallList,
  identity: Identity,
): Promise<unknown> {
  const { procedures, reducers, typespace } = database.module;
  const params = paramsOf(procedures, procedure);
  const bytes = encoded(args, `procedure ${procedure}`, params);
  const outcome = await database.callProcedure({ name: procedure, args: bytes, identity, connectionId: undefined });
  if (outcome.tag === 'internalError') {
    const hint = isUnknown(outcome) ? hintFor(procedure, procedures, reducers, 'a reducer: use call') : '';
    const text = deathText(outcome) ?? `: ${saidOnce(outcome.message, params)}${hint}`;
    throw new ProcedureError(procedure, `procedure ${procedure}${text}`);
  }
  const model = procedures.find(({ name }) => name.canonical === procedure);
  if (model === undefined) throw new Error(`procedure ${procedure} ran, but the module does not have it`);
  return decode(codecOf(model.returns, { typespace }), outcome.value, `what ${procedure} returned`);
}

type FunctionModels = readonly (ReducerModel | ProcedureModel)[];

function paramsOf(models: FunctionModels, called: string): ReducerModel['params'] | undefined {
  return models.find(({ name }) => name.canonical === called)?.params;
}

/** Throws a `TypeError` for what a caller without types may hand over, such as the object that generated reducers take. */
function encoded(args: unknown, what: string, params: ReducerModel['params'] | undefined): Uint8Array | string {
  if (isBytes(args)) return args;
  if (Array.isArray(args)) return jsonOf(args);
  const list = params === undefined ? '' : `: ${listOf(params)}`;
  throw new TypeError(`calling ${what}: arguments are a list here, one item for each parameter${list}`);
}

function listOf(params: ReducerModel['params'] = []): string {
  return `[${params.map(({ name = '…' }) => name).join(', ')}]`;
}

/** Of arguments that do not fit, a server tells the place three times, and as a dot where it is the list itself. */
function saidOnce(message: string, params: ReducerModel['params'] | undefined): string {
  return message.replace(
    /^invalid arguments for \w+ \S+: (\S+): invalid arguments for function \S+: \1: \1: (.*) at line \d+ column \d+$/s,
    (_, place: string, problem: string) =>
      `${place === '.' ? `it takes ${listOf(params)}` : `argument ${place}`}: ${problem}`,
  );
}

function isUnknown(outcome: { readonly reason: CallProblem }): boolean {
  return outcome.reason === 'unknownFunction';
}

/** Why it did not get to its end, which a server keeps from clients; who calls like this is the author of the module. */
function deathText({ death }: { readonly death?: Death }): string | undefined {
  return death === undefined ? undefined : ` ${printDeath(death)}`;
}

/** What somebody may have meant: the name as generated code or the source spells it, or a function of the other kind. Private ones are not told. */
function hintFor(called: string, models: FunctionModels, others: FunctionModels, otherwise: string): string {
  const letters = lettersOf(called);
  const isAlike = ({ name, isCallable }: ReducerModel | ProcedureModel): boolean =>
    isCallable && [name.canonical, name.source].some((one) => lettersOf(one) === letters);
  const meant = models.find(isAlike)?.name.canonical;
  if (meant !== undefined) return `; it is called ${meant}`;
  const other = others.find(isAlike)?.name.canonical;
  return other === undefined ? '' : `; ${other} is ${otherwise}`;
}

/** What `camelCase` and `snake_case` leave of a name. */
function lettersOf(name: string): string {
  return name.replaceAll('_', '').toLowerCase();
}
