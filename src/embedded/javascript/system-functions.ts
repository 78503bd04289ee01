import { ConnectionId } from '../../bsatn/special/connection-id.ts';
import { ConsoleTimers } from '../console-timers.ts';
import { type EncodedRange } from '../datastore/table-index.ts';
import { type Errno, errno, HostError } from '../errno.ts';
import { logLevelOf } from '../log-levels.ts';
import { type HostOps } from '../module-host.ts';
import { type HttpOutcome } from '../procedures/http-request.ts';
import { type RowIterators } from '../row-iterators.ts';
import { type Frame } from './stack-traces.ts';

/** What the host functions work on. */
export interface Guest {
  readonly ops: HostOps;
  readonly iterators: RowIterators;
  /** Where the module is just now. */
  readonly here: () => Frame | undefined;
  /** A copy for the module. */
  readonly bytesFor: (bytes: Uint8Array) => Uint8Array;
  /** What the module finds in the place of a {@link HostError}. */
  readonly errorFor: (errno: Errno, message: string) => unknown;
  /** Makes an HTTP request and waits for it; `undefined` where nothing may wait. */
  readonly httpRequest: ((request: Uint8Array, body: Uint8Array) => HttpOutcome) | undefined;
  /** Whether a function of the module is running, rather than something that it left behind. */
  readonly isRunning: () => boolean;
}

/** A function that the module imports; numbers of 64 bits and more are `bigint`, bytes come in the buffer of the module with their length. */
type SystemFunction = (...args: never[]) => unknown;

export type SystemModule = Readonly<Record<string, SystemFunction | symbol>>;

/** The modules `spacetime:sys@…` by name. */
export function systemModules(guest: Guest, moduleHooks: symbol): ReadonlyMap<string, SystemModule> {
  const answering = (functions: Readonly<Record<string, SystemFunction>>): SystemModule =>
    Object.fromEntries(Object.entries(functions).map(([name, run]) => [name, throwingForModule(guest, run)]));
  const first = {
    ...readFunctions(guest),
    ...writeFunctions(guest),
    ...otherFunctions(guest),
    ...procedureFunctions(guest),
  };
  return new Map<string, SystemModule>([
    ['spacetime:sys@2.0', { moduleHooks, ...answering(first) }],
    ['spacetime:sys@2.1', answering({ datastore_clear: (table: number) => BigInt(guest.ops.clear(table)) })],
  ]);
}

function throwingForModule(guest: Guest, run: SystemFunction): SystemFunction {
  return (...args) => {
    try {
      return run(...args);
    } catch (error) {
      throw error instanceof HostError ? guest.errorFor(error.errno, error.message) : error;
    }
  };
}

type Functions = Readonly<Record<string, SystemFunction>>;

/** The bytes that a module means; good until it runs again. */
function bytesIn(buffer: ArrayBuffer, length: number, offset = 0): Uint8Array {
  return new Uint8Array(buffer, offset, length);
}

/** The values of the first columns, then one bound after the other, lie in one buffer. */
function rangeIn(
  buffer: ArrayBuffer,
  prefixLength: number,
  prefixColumns: number,
  lowerLength: number,
  upperLength: number,
): EncodedRange {
  return {
    prefix: bytesIn(buffer, prefixLength),
    prefixColumns,
    lower: bytesIn(buffer, lowerLength, prefixLength),
    upper: bytesIn(buffer, upperLength, prefixLength + lowerLength),
  };
}

type RangeArguments = Parameters<typeof rangeIn>;

function readFunctions({ ops, iterators, isRunning }: Guest): Functions {
  return {
    table_id_from_name: (name: string) => ops.tableId(name),
    index_id_from_name: (name: string) => ops.indexId(name),
    datastore_table_row_count: (table: number) => BigInt(ops.rowCount(table)),
    datastore_table_scan_bsatn: (table: number) => iterators.open(ops.scanTable(table)),
    datastore_index_scan_point_bsatn: (index: number, buffer: ArrayBuffer, length: number) =>
      iterators.open(ops.scanPoint(index, bytesIn(buffer, length))),
    datastore_index_scan_range_bsatn: (index: number, ...range: RangeArguments) =>
      iterators.open(ops.scanRange(index, rangeIn(...range))),
    // More than zero: so many bytes, and there are more. Otherwise, counted below zero, these were the last.
    row_iter_bsatn_advance: (iterator: number, buffer: ArrayBuffer) => {
      const step = iterators.advance(iterator, new Uint8Array(buffer));
      switch (step.tag) {
        case 'noSuchIterator':
          throw new HostError(errno.noSuchIterator, `no iterator ${iterator}`);
        case 'tooSmall':
          throw { __buffer_too_small__: step.size };
        case 'read':
          return step.isExhausted && step.length > 0 ? -step.length : step.length;
      }
    },
    row_iter_bsatn_close: (iterator: number) => {
      if (iterators.close(iterator)) return;
      // What the module left open is closed after each call; its own clean-up, whenever the garbage is collected, comes too late.
      if (isRunning()) throw new HostError(errno.noSuchIterator, `no iterator ${iterator}`);
    },
  };
}

function writeFunctions({ ops }: Guest): Functions {
  /** Generated values go back in the place of the row. */
  const writeBack = (buffer: ArrayBuffer, generated: Uint8Array): number => {
    new Uint8Array(buffer).set(generated);
    return generated.length;
  };
  return {
    datastore_insert_bsatn: (table: number, buffer: ArrayBuffer, length: number) =>
      writeBack(buffer, ops.insert(table, bytesIn(buffer, length).slice())),
    datastore_update_bsatn: (table: number, index: number, buffer: ArrayBuffer, length: number) =>
      writeBack(buffer, ops.update(table, index, bytesIn(buffer, length).slice())),
    datastore_delete_by_index_scan_point_bsatn: (index: number, buffer: ArrayBuffer, length: number) =>
      ops.deletePoint(index, bytesIn(buffer, length)),
    datastore_delete_by_index_scan_range_bsatn: (index: number, ...range: RangeArguments) =>
      ops.deleteRange(index, rangeIn(...range)),
    datastore_delete_all_by_eq_bsatn: (table: number, buffer: ArrayBuffer, length: number) =>
      ops.deleteRows(table, bytesIn(buffer, length)),
  };
}

function otherFunctions({ ops, here, bytesFor }: Guest): Functions {
  const timers = new ConsoleTimers(ops);
  return {
    console_log: (level: number, message: string) => {
      const frame = here();
      ops.log({
        level: logLevelOf(level),
        target: undefined,
        filename: frame?.filename,
        lineNumber: frame?.line,
        message,
      });
    },
    console_timer_start: (name: string) => timers.start(name),
    console_timer_end: (timer: number) => {
      if (!timers.end(timer)) throw new HostError(errno.noSuchConsoleTimer, `no timer ${timer}`);
    },
    identity: () => ops.identity.value,
    get_jwt_payload: (connection: bigint) => {
      return bytesFor(ops.tokenPayload(new ConnectionId(connection)) ?? new Uint8Array());
    },
    volatile_nonatomic_schedule_immediate: (reducer: string, args: Uint8Array) =>
      ops.scheduleNow(reducer, new Uint8Array(args)),
  };
}

const notWaiting = 'HTTP requests are for procedures, and for modules whose source has the word http in it';

function procedureFunctions({ ops, httpRequest, bytesFor }: Guest): Functions {
  return {
    procedure_start_mut_tx: () => ops.startTransaction(),
    procedure_commit_mut_tx: () => ops.commitTransaction(),
    procedure_abort_mut_tx: () => ops.abortTransaction(),
    procedure_http_request: (request: Uint8Array, body: Uint8Array | string) => {
      if (httpRequest === undefined) throw new HostError(errno.wouldBlockTransaction, notWaiting);
      const content = typeof body === 'string' ? new TextEncoder().encode(body) : new Uint8Array(body);
      const outcome = httpRequest(new Uint8Array(request), content);
      if ('problem' in outcome) throw new HostError(errno.httpError, outcome.problem);
      return [bytesFor(outcome.response), bytesFor(outcome.body)];
    },
  };
}
