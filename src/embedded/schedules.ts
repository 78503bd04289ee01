import { scheduleAtCodec } from '../bsatn/special/schedule-at.ts';
import { BsatnReader } from '../bsatn/reader.ts';
import { type ModuleModel, type ScheduleModel } from '../module-def/model.ts';
import { type Clock, type Timer } from './clock.ts';
import { type Datastore } from './datastore/datastore.ts';
import { type Row } from './datastore/row.ts';
import { decoding } from './datastore/table-index.ts';
import { type Table } from './datastore/table.ts';
import { type TableDeltas } from './datastore/transaction.ts';
import { errno, HostError } from './errno.ts';

/** What schedules need of the database around them. */
export interface SchedulesHost {
  readonly clock: Clock;
  /** Calls the reducer or procedure with the row as its argument; a failure is its own affair. */
  readonly call: (functionName: string, row: Row) => void;
  /** Deletes the row in a transaction of its own, if it is still there. */
  readonly deleteRow: (table: Table, row: Row) => void;
  /** Whether the function is a procedure: then a row that is for once goes before the call, not after. */
  readonly isProcedure: (functionName: string) => boolean;
}

/** A row of a scheduled table that waits for its time. */
interface Scheduled {
  readonly schedule: ScheduleModel;
  readonly table: Table;
  readonly row: Row;
  /** Microseconds; zero for a row that is for once. */
  readonly interval: bigint;
  /** When it is meant to run next, in microseconds; it may run later than that. */
  at: bigint;
  timer: Timer;
}

/** A delay that the timer wheel of the real server cannot hold is refused: about two years. */
const longestDelayMicros = (64n ** 6n - 1n) * 1000n;

/** How late a turn of an interval may be and is made up for, in microseconds. */
const longestLagMicros = 10_000_000n;

/** Calls the functions of scheduled tables: once or in intervals, as each row says. */
export class Schedules {
  readonly #host: SchedulesHost;
  readonly #byTable = new Map<Table, ScheduleModel>();
  readonly #waiting = new Map<Row, Scheduled>();
  readonly #soon = new Set<Timer>();

  constructor(module: ModuleModel, datastore: Datastore, host: SchedulesHost) {
    this.#host = host;
    for (const schedule of module.schedules) this.#byTable.set(datastore.tableNamed(schedule.table), schedule);
  }

  /** Throws a {@link HostError} when a row of a scheduled table says a time too far away. Other tables take any row. */
  checkRow(table: Table, bytes: Uint8Array): void {
    const schedule = this.#byTable.get(table);
    if (schedule === undefined) return;
    const now = this.#host.clock.nowMicros();
    const { at } = timeOf(
      schedule,
      table,
      decoding(() => table.layout.read(bytes)),
      now,
    );
    if (at - now <= longestDelayMicros) return;
    throw new HostError(errno.scheduleDelayTooLong, `table ${table.name}: the schedule is too far in the future`);
  }

  /** Follows what a transaction changed in scheduled tables. */
  apply(deltas: TableDeltas): void {
    for (const [table, schedule] of this.#byTable) {
      const delta = deltas.get(table);
      for (const row of delta?.deleted ?? []) this.#forget(row);
      for (const row of delta?.inserted ?? []) this.#arm(schedule, table, row);
    }
  }

  /** Follows the rows that are there already, as after a restart: intervals count from now, and what is overdue comes soon. Rows that `former` follows keep their times. */
  resume(former?: Schedules): void {
    const times = former === undefined ? undefined : former.#times();
    for (const [table, schedule] of this.#byTable) {
      for (const row of table.rows()) this.#arm(schedule, table, row, times?.get(timeKey(table, row)));
    }
  }

  /** When each row is meant to run next. */
  #times(): ReadonlyMap<string, bigint> {
    return new Map([...this.#waiting.values()].map(({ table, row, at }) => [timeKey(table, row), at]));
  }

  /** Has `call` run soon, without any row. */
  soon(call: () => void): void {
    const timer = this.#host.clock.setTimer(this.#host.clock.nowMicros(), () => {
      this.#soon.delete(timer);
      call();
    });
    this.#soon.add(timer);
  }

  /** Stops all timers. */
  close(): void {
    for (const timer of this.#soon) timer.cancel();
    for (const { timer } of this.#waiting.values()) timer.cancel();
    this.#soon.clear();
    this.#waiting.clear();
  }

  #forget(row: Row): void {
    this.#waiting.get(row)?.timer.cancel();
    this.#waiting.delete(row);
  }

  #arm(schedule: ScheduleModel, table: Table, row: Row, known?: bigint): void {
    const { at: first, interval } = timeOf(schedule, table, row, this.#host.clock.nowMicros());
    const at = known ?? first;
    const timer = this.#host.clock.setTimer(at, () => this.#fire(row));
    this.#waiting.set(row, { schedule, table, row, interval, at, timer });
  }

  #fire(row: Row): void {
    const scheduled = this.#waiting.get(row);
    if (scheduled === undefined) return;
    const { schedule, table } = scheduled;
    if (scheduled.interval > 0n) {
      this.#host.call(schedule.functionName, row);
      this.#again(scheduled);
      return;
    }
    const goesFirst = this.#host.isProcedure(schedule.functionName);
    if (goesFirst) this.#host.deleteRow(table, row);
    this.#host.call(schedule.functionName, row);
    if (!goesFirst) this.#host.deleteRow(table, row);
  }

  /**
   * Counts from when the function was meant to run, so that intervals do not drift; only what a process has missed that stood at a breakpoint, or a machine that slept, is not made
   * up for. The call itself may have ended the schedule.
   */
  #again(scheduled: Scheduled): void {
    if (this.#waiting.get(scheduled.row) !== scheduled) return;
    const now = this.#host.clock.nowMicros();
    const next = scheduled.at + scheduled.interval;
    scheduled.at = next < now - longestLagMicros ? now + scheduled.interval : next;
    scheduled.timer = this.#host.clock.setTimer(scheduled.at, () => this.#fire(scheduled.row));
  }
}

function timeKey(table: Table, row: Row): string {
  return `${table.name} ${row.key}`;
}

function timeOf(
  schedule: ScheduleModel,
  table: Table,
  row: Row,
  now: bigint,
): { readonly at: bigint; readonly interval: bigint } {
  const reader = new BsatnReader(row.bytes, `the schedule of a row of table ${table.name}`);
  reader.offset = table.layout.offsetOf(row.bytes, schedule.atColumn);
  const scheduleAt = scheduleAtCodec.read(reader);
  if (scheduleAt.tag === 'Time') return { at: scheduleAt.value.micros, interval: 0n };
  const { micros } = scheduleAt.value;
  // A negative interval counts by its size, as on a real server; one of zero would never let the clock go on.
  const size = micros < 0n ? -micros : micros;
  const interval = size === 0n ? 1n : size;
  return { at: now + interval, interval };
}
