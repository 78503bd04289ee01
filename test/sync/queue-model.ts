import { decode } from '../../src/bsatn/codec.ts';
import { type TransactionResult } from '../../src/calls/result.ts';
import { putSettingArgsCodec, removeScoreArgsCodec, type Setting } from '../generated/reference/index.ts';
import { type CallReducer } from './offline-client.ts';
import { type QueueCommand } from './queue-command.ts';

/** Settings by their keys. */
export type Rows = Map<string, Setting>;
/** Whose calls they are. */
export type Name = Extract<QueueCommand, { kind: 'connect' }>['as'];

/** What a call predicts, as the naive model keeps it. */
export type Prediction =
  | { readonly kind: 'insert'; readonly row: Setting }
  | { readonly kind: 'update'; readonly key: string; readonly value: string }
  | { readonly kind: 'delete'; readonly key: string };

/** A call, and what became of it. */
export interface ModelCall {
  readonly number: number;
  /** Whose call it is; undefined before the first connection ever. */
  owner: Name | undefined;
  readonly predictions: readonly Prediction[];
  readonly told: string[];
  readonly settled: string[];
  readonly outcomes: string[];
}

/** Writes down what a caller is told. */
export async function listen(call: ModelCall, made: Promise<TransactionResult>): Promise<void> {
  try {
    const result = await made;
    call.told.push(result.status);
    if (result.isPending) call.settled.push((await result.settled).status);
  } catch {
    (call.told.length === 0 ? call.told : call.settled).push('refused');
  }
}

/** What a call was sent with. */
export function argsOf({ reducer, args }: CallReducer): unknown {
  return reducer === 'put_setting'
    ? decode(putSettingArgsCodec, args, 'arguments')
    : decode(removeScoreArgsCodec, args, 'arguments');
}

/** Every call has a number in its arguments. */
export function numberOf(args: unknown): number {
  if (typeof args === 'object' && args !== null) {
    if ('points' in args) return Number(args.points);
    if ('value' in args) return Number(String(args.value).slice(1));
  }
  throw new Error('these arguments are of no call');
}

/** The rows in an order that does not depend on who made it. */
export function sorted(rows: Iterable<Setting>): readonly Setting[] {
  return Array.from(rows).sort((left, right) => left.slot - right.slot);
}
