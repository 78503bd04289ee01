import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Who holds a lock file. */
export interface LockOwner {
  readonly pid: number;
  /** When the process began, so that another one that got its number is told apart; empty where systems do not say. */
  readonly started: string;
  /** Where process numbers mean the same: a boot and a process namespace of Linux, elsewhere a host. */
  readonly machine: string;
}

/** This process. */
export function thisProcess(): LockOwner {
  return { pid: process.pid, started: startOf(process.pid) ?? '', machine: thisMachine() };
}

/**
 * What can be said of the process that wrote a lock file. `unknown` is one of another machine, or of this one where the
 * system does not tell when processes began; `undefined` stands for a file that cannot be read.
 */
export function fateOf(owner: LockOwner | undefined, self: LockOwner): 'alive' | 'dead' | 'unknown' {
  if (owner === undefined || owner.machine !== self.machine) return 'unknown';
  if (!isRunning(owner.pid)) return 'dead';
  const started = startOf(owner.pid);
  if (owner.started === '' || started === undefined) return 'unknown';
  return owner.started === started ? 'alive' : 'dead';
}

/** Reads what `JSON.stringify` made of an owner. */
export function readOwner(text: string): LockOwner | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    if (!('pid' in value) || !('started' in value) || !('machine' in value)) return undefined;
    const { pid, started, machine } = value;
    // `kill` of 0 or less would mean whole groups of processes.
    if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return undefined;
    return typeof started === 'string' && typeof machine === 'string' ? { pid, started, machine } : undefined;
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
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
