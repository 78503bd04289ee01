import { stringCodec } from '../bsatn/basic-codecs.ts';
import { encode } from '../bsatn/codec.ts';
import { type Identity } from '../bsatn/special/identity.ts';
import { messageOf } from '../errors.ts';
import { type ProcedureOutcome, type ReducerOutcome } from './commit.ts';
import { type Transaction } from './datastore/transaction.ts';
import { type Death, deathOf, rollbackOf } from './death.ts';
import { type ClientChange } from './durability/journal.ts';
import { errno, HostError } from './errno.ts';
import { type Functions, type Procedure, type Reducer } from './functions.ts';
import { serverTarget, withCalls } from './log-record.ts';
import { type Caller, type ModuleHost, type ProcedureContext, type ReducerReturn } from './module-host.ts';
import { type Environment, type Operations, type Running } from './operations.ts';
import { CommitFailure, type Origin, type Transactions } from './transactions.ts';

/** What running functions takes. */
export interface CallsParts {
  readonly environment: Environment;
  readonly functions: Functions;
  readonly host: ModuleHost;
  readonly operations: Operations;
  readonly transactions: Transactions;
}

type ReducerOrigin = Partial<Pick<Origin, 'callerConnection' | 'client'>>;

type RunningProcedure = Extract<Running, { kind: 'procedure' }>;

const fatal = 'The instance encountered a fatal error.';

/** Runs the functions of the module, each reducer in a transaction. */
export class Calls {
  readonly #environment: Environment;
  readonly #functions: Functions;
  readonly #host: ModuleHost;
  readonly #operations: Operations;
  readonly #transactions: Transactions;

  constructor({ environment, functions, host, operations, transactions }: CallsParts) {
    this.#environment = environment;
    this.#functions = functions;
    this.#host = host;
    this.#operations = operations;
    this.#transactions = transactions;
  }

  /** Calls the reducer that fills a new database, if there is one. What becomes of it is for whoever opens the database, not for its log. */
  runInit(sender: Identity): ReducerOutcome | undefined {
    const reducer = this.#functions.lifecycle('init');
    const caller = { sender, connectionId: undefined, timestamp: this.#now() };
    return reducer && this.#run(reducer, caller, new Uint8Array(), {});
  }

  /** Calls the reducer for clients that come or leave, if there is one. */
  runForClient({ kind, identity, connectionId }: ClientChange): ReducerOutcome | undefined {
    const reducer = this.#functions.lifecycle(kind === 'connected' ? 'onConnect' : 'onDisconnect');
    if (reducer === undefined) return undefined;
    const caller = { sender: identity, connectionId, timestamp: this.#now() };
    return this.#runUnattended(reducer, caller, new Uint8Array(), { kind, identity, connectionId });
  }

  /** Nobody gets the answer of a reducer that the server calls: an error is in the log. */
  #runUnattended(reducer: Reducer, caller: Caller, args: Uint8Array, client?: ClientChange): ReducerOutcome {
    const outcome = this.runReducer(reducer, caller, args, { client });
    if (outcome.tag === 'failed') this.logError(`reducer ${reducer.name} failed: ${outcome.message}`, reducer.name);
    return outcome;
  }

  /** Calls a reducer; `callerConnection` gets the changes with the outcome, `client` connects or leaves with its commit. */
  runReducer(reducer: Reducer, caller: Caller, args: Uint8Array, origin: ReducerOrigin): ReducerOutcome {
    const outcome = this.#run(reducer, caller, args, origin);
    if (outcome.tag === 'internalError' && outcome.death !== undefined) {
      this.logDeath(`reducer ${reducer.name}`, outcome.death);
    }
    return outcome;
  }

  #run(
    reducer: Reducer,
    caller: Caller,
    args: Uint8Array,
    { callerConnection, client }: ReducerOrigin,
  ): ReducerOutcome {
    const { sender, connectionId, timestamp } = caller;
    const transaction = this.#transactions.begin();
    const ended = (): { readonly timestamp: bigint; readonly durationMicros: bigint } => {
      return { timestamp, durationMicros: this.#now() - timestamp };
    };
    const running: Running = { kind: 'reducer', name: reducer.name, transaction };
    let answer: ReducerReturn;
    try {
      answer = this.#operations.within(running, () =>
        this.#host.callReducer({ id: reducer.id, sender, connectionId, timestamp, args }),
      );
    } catch (error) {
      this.#transactions.rollback(transaction);
      const death = deathOf(error, running.panic);
      return { tag: 'internalError', reason: 'fatal', message: fatal, death, ...ended() };
    }
    if (answer.tag === 'error') {
      this.#transactions.rollback(transaction);
      const { message } = answer;
      return { tag: 'failed', message, error: encode(stringCodec, message), ...ended() };
    }
    try {
      const origin = { timestamp, functionName: reducer.name, callerConnection, client };
      return { tag: 'committed', commit: this.#transactions.commit(transaction, origin), ...ended() };
    } catch (error) {
      if (!(error instanceof CommitFailure)) throw error;
      const death = rollbackOf(error);
      return { tag: 'internalError', reason: 'fatal', message: error.message, death, ...ended() };
    }
  }

  /** Calls a procedure, which opens its transactions itself; the outcome comes at once or, when it waits for something, later. Never rejects. */
  runProcedure(procedure: Procedure, caller: Caller, args: Uint8Array): ProcedureOutcome | Promise<ProcedureOutcome> {
    const { timestamp } = caller;
    const running: RunningProcedure = { kind: 'procedure', name: procedure.name, transaction: undefined };
    const context = this.#procedureContext(running);
    const returned = (value: Uint8Array): ProcedureOutcome => {
      context.abandon();
      return { tag: 'returned', value, timestamp, durationMicros: this.#now() - timestamp };
    };
    const failed = (error: unknown): ProcedureOutcome => {
      context.abandon();
      const death = deathOf(error, running.panic);
      this.logDeath(`procedure ${procedure.name}`, death);
      const message = `The module instance encountered a fatal error: ${messageOf(error)}`;
      return { tag: 'internalError', reason: 'fatal', message, death, timestamp, durationMicros: 0n };
    };
    try {
      const value = this.#host.callProcedure({ ...caller, id: procedure.id, args }, context);
      return value instanceof Promise ? value.then(returned, failed) : returned(value);
    } catch (error) {
      return failed(error);
    }
  }

  #procedureContext(running: RunningProcedure): ProcedureContext {
    return {
      within: (run) => this.#operations.within(running, run),
      isInTransaction: () => running.transaction !== undefined,
      abandon: () => {
        const { transaction } = running;
        running.transaction = undefined;
        if (transaction !== undefined) this.#transactions.rollback(transaction);
      },
    };
  }

  /** Commits a transaction that a procedure opened. Throws a {@link HostError} after a rollback. */
  commitOfProcedure(transaction: Transaction, functionName: string): void {
    try {
      const timestamp = this.#now();
      this.#transactions.commit(transaction, { timestamp, functionName, callerConnection: undefined });
    } catch (error) {
      if (!(error instanceof CommitFailure)) throw error;
      this.logDeath(`a transaction of procedure ${functionName}`, rollbackOf(error));
      throw new HostError(errno.hostCallFailure, error.message);
    }
  }

  /** Scheduled functions are called by the database itself. What becomes of them is in the log only. */
  callScheduled(name: string, args: Uint8Array): void {
    const caller = { sender: this.#environment.identity, connectionId: undefined, timestamp: this.#now() };
    const procedure = this.#functions.procedure(name);
    if (procedure !== undefined) {
      // How it ends is in the log.
      void this.runProcedure(procedure, caller, args);
      return;
    }
    const reducer = this.#functions.reducer(name);
    if (reducer === undefined) {
      this.logError(`there is no scheduled reducer ${name}`, name);
      return;
    }
    this.unattended(() => void this.#runUnattended(reducer, caller, args));
  }

  /** Runs what nobody called: a fault of the server itself that is thrown from a timer would end the process. */
  unattended(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.logError(error instanceof Error ? (error.stack ?? error.message) : String(error), undefined);
    }
  }

  #now(): bigint {
    return this.#environment.clock.nowMicros();
  }

  /** The line that a real server writes when somebody calls what is not there. */
  logUnknownReducer(name: string): void {
    const message = `External attempt to call nonexistent reducer ${JSON.stringify(name)} failed. Have you run \`spacetime generate\` recently?`;
    this.logError(message, name);
  }

  /** `what` died, such as `reducer say`. */
  logDeath(what: string, { verb, reason, trace, place }: Death): void {
    this.logError(withCalls(`${what} ${verb}: ${reason}`, trace), undefined, place);
  }

  /** A line of the server itself, marked as those of the real one. */
  logError(message: string, functionName: string | undefined, place?: Death['place']): void {
    this.#environment.log({
      level: 'error',
      timestamp: this.#now(),
      target: serverTarget,
      filename: place?.filename ?? serverTarget,
      lineNumber: place?.lineNumber,
      functionName,
      message,
    });
  }
}
