import { decode } from '../../../src/bsatn/codec.ts';
import { type TransactionResult } from '../../../src/calls/result.ts';
import { addScoreArgsCodec } from '../../generated/reference/index.ts';
import { type CallReducer } from '../offline-client.ts';
import { type Name } from './tab-command.ts';

/** A call, as the naive model knows it. */
export interface ModelCall {
  /** Whose it is, from when anybody can know. */
  owner: Name | undefined;
  /** What its promise said, whoever could still hear it. */
  promised: 'nothing' | 'pending' | 'committed' | 'refused';
  /** Whether any tab has sent it. */
  isSent: boolean;
  /** How often the server has carried it out. */
  carriedOut: number;
}

/** Writes down what a caller is told. */
export async function listen(call: ModelCall, made: Promise<TransactionResult>): Promise<void> {
  try {
    const { status, settled: outcome } = await made;
    if (status !== 'dropped') call.promised = status;
    outcome.catch(() => undefined);
  } catch {
    call.promised = 'refused';
  }
}

/** Whether the call was promised to be carried out. */
export function isKept({ promised }: ModelCall): boolean {
  return promised === 'pending' || promised === 'committed';
}

/** The number that a call has in its arguments. */
export function numberOf(args: unknown): number {
  const isOfCall = typeof args === 'object' && args !== null && 'points' in args;
  if (!isOfCall) throw new Error('these arguments are of no call');
  return Number(args.points);
}

/** The number of a call that was sent. */
export function sentNumberOf({ args }: CallReducer): number {
  return numberOf(decode(addScoreArgsCodec, args, 'arguments'));
}
