import { Identity } from '../../../src/bsatn/index.ts';
import { identityFromClaims } from '../../../src/embedded/identity.ts';
import { ManualClock } from '../../../src/embedded/clock.ts';
import { type Database } from '../../../src/embedded/database.ts';
import { CommitLog } from '../../../src/embedded/durability/commit-log.ts';
import { openDatabase } from '../../../src/embedded/open-database.ts';

/** The log is written anew at every few dozens of steps. */
const compactAbove = 4096;

/** A database of a log. */
export interface CrashDatabase {
  readonly database: Database;
  readonly clock: ManualClock;
  readonly warnings: string[];
}

/** Opens the database that the crash tests work on, kept at `path` or, without one, only in memory. */
export async function openCrashDatabase(module: Uint8Array, path?: string, durable = true): Promise<CrashDatabase> {
  const clock = new ManualClock();
  const warnings: string[] = [];
  const stored =
    path === undefined
      ? undefined
      : CommitLog.open({ path, durable, compactAbove, warn: (text) => warnings.push(text) });
  const database = await openDatabase({
    module,
    name: 'crash',
    identity: identityFromClaims('test', 'crash'),
    owner: new Identity(1n),
    clock,
    random: (size) => new Uint8Array(size),
    image: stored?.image,
    journal: stored?.log,
  });
  return { database, clock, warnings };
}

/** Commits number `step` of an endless row of transactions, each of which depends on what the ones before it left. */
export function takeStep({ database, clock }: CrashDatabase, step: number): void {
  clock.sleepUntil(1_704_067_200_000_000n + BigInt(step) * 1000n);
  const [name, args] = callOf(step);
  const outcome = database.callReducer({
    name,
    args: JSON.stringify(args),
    identity: new Identity(1n),
    connectionId: undefined,
  });
  if (outcome.tag !== 'committed') throw new Error(`step ${step}, ${name}: ${outcome.message}`);
}

function callOf(step: number): readonly [string, readonly unknown[]] {
  switch (step % 4) {
    case 0:
      return ['create_note', [step, 'folder', `note ${step}`, 'x'.repeat(step % 300), ['a']]];
    case 1:
      return ['put_setting', ['step', 2, `${step}`]];
    case 2:
      // Notes go, a score and a message with a number come: three tables in one transaction.
      return step % 8 === 2 ? ['archive_folder', ['folder']] : ['say', [step, `${step}`]];
    default:
      return ['remove_score', ['folder', step % 3]];
  }
}

/** All that a database keeps, as lines in an order of their own. */
export function contents({ database }: CrashDatabase): string[] {
  const { tables } = database.image();
  return [...tables]
    .flatMap(([name, { rows, sequences }]) => [
      ...[...sequences].map(([column, next]) => `${name} ${column} next ${next}`),
      ...Array.from(rows, (row) => `${name} ${Buffer.from(row).toString('hex')}`),
    ])
    .sort();
}
