import { ConnectionId } from '../../bsatn/special/connection-id.ts';
import { Identity } from '../../bsatn/special/identity.ts';
import { type Errno, HostError } from '../errno.ts';
import { type HostOps } from '../module-host.ts';
import { type HttpOutcome } from '../procedures/http-request.ts';

/** The operations that a module on another thread asks for by name; what they take and give can be copied from thread to thread. */
type OperationName = Exclude<keyof HostOps, 'identity' | 'tokenPayload' | 'sleep'> | 'tokenPayload';

/** An operation that a thread asks for. */
export interface OperationRequest {
  readonly operation: OperationName;
  readonly args: readonly unknown[];
}

/** What became of it: a result, or an error that the module may catch. */
type OperationResult = { readonly value: unknown } | { readonly errno: Errno; readonly message: string };

/** Carries out what a thread asks for. */
export function performOperation(
  ops: HostOps,
  { operation, args }: OperationRequest,
): OperationResult | Promise<OperationResult> {
  try {
    const value: unknown = perform(ops, operation, args);
    return value instanceof Promise ? value.then((outcome: unknown) => ({ value: outcome })) : { value };
  } catch (error) {
    if (error instanceof HostError) return { errno: error.errno, message: error.message };
    throw error;
  }
}

function perform(ops: HostOps, operation: OperationName, args: readonly unknown[]): unknown {
  if (operation === 'tokenPayload') return ops.tokenPayload(new ConnectionId(BigInt(String(args[0]))));
  const result: unknown = Reflect.apply(ops[operation], ops, args);
  // Of rows only the bytes are wanted.
  return Array.isArray(result) ? result.map(({ bytes }: { readonly bytes: Uint8Array }) => bytes) : result;
}

/** The operations of a module that is on another thread than its database, and HTTP requests, for which `ask` waits. */
export function remoteOperations(
  identity: bigint,
  ask: (request: OperationRequest) => unknown,
): { readonly ops: HostOps; readonly httpRequest: (request: Uint8Array, body: Uint8Array) => HttpOutcome } {
  // Both ends are of the same program, so that what comes is what was asked for.
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- each operation has a result of its own type.
  const call = <Result>(operation: OperationName, ...args: readonly unknown[]): Result => {
    const answer = ask({ operation, args }) as { readonly value: Result } | { readonly errno: Errno; message: string };
    if ('errno' in answer) throw new HostError(answer.errno, answer.message);
    return answer.value;
  };
  const rows = (list: readonly Uint8Array[]): readonly { readonly bytes: Uint8Array }[] =>
    list.map((bytes) => ({ bytes }));
  const ops: HostOps = {
    identity: new Identity(identity),
    tableId: (name) => call('tableId', name),
    indexId: (name) => call('indexId', name),
    rowCount: (table) => call('rowCount', table),
    scanTable: (table) => rows(call('scanTable', table)),
    scanPoint: (index, point) => rows(call('scanPoint', index, point)),
    scanRange: (index, range) => rows(call('scanRange', index, range)),
    insert: (table, row) => call('insert', table, row),
    update: (table, index, row) => call('update', table, index, row),
    deleteRows: (table, list) => call('deleteRows', table, list),
    deletePoint: (index, point) => call('deletePoint', index, point),
    deleteRange: (index, range) => call('deleteRange', index, range),
    clear: (table) => call('clear', table),
    tokenPayload: (connectionId) => call('tokenPayload', connectionId.value),
    startTransaction: () => call('startTransaction'),
    commitTransaction: () => call('commitTransaction'),
    abortTransaction: () => call('abortTransaction'),
    sleep: async () => Promise.reject(new Error('a module in TypeScript cannot sleep')),
    httpRequest: async (request, body) => Promise.resolve(call<HttpOutcome>('httpRequest', request, body)),
    scheduleNow: (reducer, args) => call('scheduleNow', reducer, args),
    log: (line) => call('log', line),
    logMistake: (level, mistake, place) => call('logMistake', level, mistake, place),
    nowMicros: () => call('nowMicros'),
    random: (size) => call('random', size),
  };
  return { ops, httpRequest: (request, body) => call('httpRequest', request, body) };
}
