import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { hasCode } from '../errors.ts';

/** Who holds a lock file. */
export interface LockOwner {
  readonly pid: number;
  /** When the process began, so that another one that got its number is told apart; empty where systems do not say. */
  readonly started: string;
  /** Where process numbers mean the same: a hash of the boot and the process namespace of Linux, elsewhere of the host. */
  readonly machine: string;
}

/** This process. */
export function thisProcess(): LockOwner {
  return { pid: process.pid, started: startOf(process.pid) ?? '', machine: thisMachine() };
}

/**
 * What can be said of the process that wrote a lock file. `unknown` is one of another machine, or of this one where the
 * system does not tell when processes began; `undefined` stands for one of which nothing is known.
 */
export function fateOf(owner: LockOwner | undefined, self: LockOwner): 'alive' | 'dead' | 'unknown' {
  if (owner === undefined || owner.machine !== self.machine) return 'unknown';
  if (!isRunning(owner.pid)) return 'dead';
  const started = startOf(owner.pid);
  if (owner.started === '' || started === undefined) return 'unknown';
  return owner.started === started ? 'alive' : 'dead';
}

/**
 * The name of a lock file, which nobody else ever has. It says all that there is to know, because a process may die before it has
 * written anything into its file.
 */
export function newLockName({ pid, started, machine }: LockOwner): string {
  return `writer-${pid}-${started}-${machine}-${randomUUID()}.lock`;
}

/** Whose lock file has this name; `undefined` where the name does not say it. */
export function ownerOf(name: string): LockOwner | undefined {
  const [, digits, started = '', machine = ''] =
    /^writer-(\d+)-(\d*)-([0-9a-f]{16})-[0-9a-f-]+\.lock$/.exec(name) ?? [];
  const pid = Number(digits);
  // `kill` of 0 would mean a whole group of processes.
  return Number.isSafeInteger(pid) && pid > 0 ? { pid, started, machine } : undefined;
}

/** Whether a file of this name may be a lock file. */
export function isLockName(name: string): boolean {
  return name.startsWith('writer-') && name.endsWith('.lock');
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !hasCode(error, 'ESRCH');
  }
}

/** In ticks since the boot; `undefined` where the system does not say. A process that is dead but not yet buried began never. */
function startOf(pid: number): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const stat = textOf(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  // The name of the program, in parentheses, may hold anything; after it come the fields from the third on.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields?.[0] === 'Z' || fields?.[0] === 'X' ? 'never' : fields?.[19];
}

function thisMachine(): string {
  return createHash('sha256').update(machineText()).digest('hex').slice(0, 16);
}

function machineText(): string {
  if (process.platform !== 'linux') return `${process.platform} ${hostname()}`;
  const boot = textOf(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1'))?.trim();
  const namespace = textOf(() => readlinkSync('/proc/self/ns/pid'));
  return `${boot ?? hostname()} ${namespace ?? ''}`;
}

function textOf(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
