import { spawn } from 'node:child_process';
import { link, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FileLock, type FileLockTimes } from '../../src/platform/file-lock.ts';
import { fateOf, type LockOwner, newLockName, ownerOf, thisProcess } from '../../src/platform/file-lock-owner.ts';

const self = thisProcess();
/** Of another machine. */
const elsewhere = '0123456789abcdef';
const onLinux = process.platform === 'linux';

/** A process that was there and is not any more. */
async function endedProcess(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await new Promise((resolve) => child.once('exit', resolve));
  return child.pid ?? 0;
}

describe('the owner of a lock file', () => {
  test('is this process, and known to live by when it began', async () => {
    expect(self).toMatchObject({ pid: process.pid });
    expect(fateOf(self, self)).toBe(onLinux ? 'alive' : 'unknown');
    expect(fateOf({ ...self, started: '' }, self)).toBe('unknown');
  });

  test('is dead when there is no such process, or when its number belongs to another one', async () => {
    expect(fateOf({ ...self, pid: await endedProcess() }, self)).toBe('dead');
    if (onLinux) expect(fateOf({ ...self, started: '1' }, self)).toBe('dead');
  });

  test.runIf(onLinux)('is dead when it was killed and nobody has buried it', async () => {
    const script = 'sleep 100 & echo $!; exec sleep 100';
    const parent = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
    const pid = Number(await new Promise((resolve) => parent.stdout.once('data', resolve)));
    // The number stays taken: `sleep` never asks how its child ended; the shell, as long as it is one, would.
    await expect.poll(() => readFile(`/proc/${parent.pid}/comm`, 'utf8')).toBe('sleep\n');
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => fateOf({ ...self, pid, started: 'once' }, self)).toBe('dead');
    expect(() => process.kill(pid, 0)).not.toThrow();
    parent.kill('SIGKILL');
  });

  test('is unknown on another machine, and where the name of the file says nothing that makes sense', () => {
    expect(fateOf({ ...self, machine: elsewhere }, self)).toBe('unknown');
    for (const name of [
      'writer-.lock',
      'writer-1.lock',
      `writer-0-1-${elsewhere}-a.lock`,
      `writer-x-1-${elsewhere}-a.lock`,
    ]) {
      expect([name, ownerOf(name)]).toEqual([name, undefined]);
    }
    expect(fateOf(undefined, self)).toBe('unknown');
  });

  test('is known by the name of its file, of which there is never a second one', () => {
    for (const owner of [self, { ...self, started: '' }]) expect(ownerOf(newLockName(owner))).toEqual(owner);
    expect(newLockName(self)).not.toBe(newLockName(self));
  });
});

describe('a lock of a folder', () => {
  /** The lease is longer than any machine stands still: the clock is set ahead where it has to pass. */
  const times: FileLockTimes = { beatMs: 20, leaseMs: 1_000_000, pollMs: 20 };
  let folder: string;
  const locks: FileLock[] = [];
  const clocks = new Map<{ now(): number }, { readonly real: () => number; readonly offset: number }>();
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'file-lock-'));
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    clocks.clear();
    for (const lock of locks.splice(0)) await lock.release();
    await rm(folder, { recursive: true, force: true });
  });

  function newLock(): FileLock {
    const lock = new FileLock(folder, times);
    locks.push(lock);
    return lock;
  }

  /** Lets a part of the lease pass for this process. */
  function pass(leases: number): void {
    for (const clock of [Date, performance]) advance(clock, leases);
  }

  /** Sets one of its clocks ahead, or back. */
  function advance(clock: { now(): number }, leases: number): void {
    const { real, offset } = clocks.get(clock) ?? { real: clock.now.bind(clock), offset: 0 };
    const set = { real, offset: offset + leases * times.leaseMs };
    clocks.set(clock, set);
    vi.spyOn(clock, 'now').mockImplementation(() => real() + set.offset);
  }

  const waited = (lock: FileLock): Promise<void> => new Promise((resolve) => lock.wait(resolve));

  /** The file of somebody who holds the lock, and died before writing anything into it. */
  async function leave(owner: LockOwner | undefined): Promise<string> {
    const file = join(folder, owner === undefined ? 'writer-somebody.lock' : newLockName(owner));
    await writeFile(file, '');
    return file;
  }

  test('has one holder; the next one gets it when that one gives it back', async () => {
    const [first, second] = [newLock(), newLock()];
    expect(await first.request()).toBe(true);
    expect(await second.request()).toBe(false);
    const got = waited(second);
    expect([await first.isHeld(), await second.isHeld()]).toEqual([true, false]);
    await first.release();
    await got;
    expect([await first.isHeld(), await second.isHeld()]).toEqual([false, true]);
    expect(await readdir(folder)).toHaveLength(1);
    await second.release();
    expect(await readdir(folder)).toEqual([]);
  });

  test('is taken at once from a process that is dead, or whose number is that of another one by now', async () => {
    await leave({ ...self, pid: await endedProcess() });
    const lock = newLock();
    expect(await lock.request()).toBe(true);
    expect(await readdir(folder)).toHaveLength(1);
    await lock.release();
    if (!onLinux) return;
    await leave({ ...self, started: '1' });
    expect(await newLock().request()).toBe(true);
    expect(await readdir(folder)).toHaveLength(1);
  });

  test.each([
    ['a process of another machine', { ...self, machine: elsewhere }],
    ['a file that says nothing', undefined],
  ])('is not taken from %s as long as it touches its file, and then is', async (_, owner) => {
    const file = await leave(owner);
    const lock = newLock();
    expect(await lock.request()).toBe(false);
    let isOver = false;
    const got = waited(lock).then(() => isOver);
    for (let beat = 0; beat < 5; beat++) {
      await utimes(file, Date.now() / 1000, 1_000_000 + beat);
      for (const leases of [0, 0.9]) {
        pass(leases);
        expect(await lock.request()).toBe(false);
      }
    }
    isOver = true;
    pass(0.2);
    expect(await got).toBe(true);
    expect(await readdir(folder)).toHaveLength(1);
  });

  test('is not taken from a process of another machine because the clock of who waits was set ahead, or stood still', async () => {
    await leave({ ...self, machine: elsewhere });
    const lock = newLock();
    expect(await lock.request()).toBe(false);
    advance(Date, 10);
    expect(await lock.request()).toBe(false);
    advance(Date, -20);
    expect(await lock.request()).toBe(false);
    advance(performance, 1.1);
    expect(await lock.request()).toBe(true);
  });

  test('is touched by its holder, so that others know that it lives', async () => {
    const holder = newLock();
    await holder.request();
    // As the lock of another machine sees it.
    const other = newLock();
    const [name = ''] = await readdir(folder);
    const strange = name.replace(self.machine, elsewhere);
    await link(join(folder, name), join(folder, strange));
    let isTaken = false;
    void waited(other).then(() => (isTaken = true));
    for (let beat = 0; beat < 5; beat++) {
      pass(0.9);
      const passed = Date.now();
      await expect.poll(async () => (await stat(join(folder, name))).mtimeMs).toBeGreaterThan(passed);
      expect(await other.request()).toBe(false);
    }
    expect(isTaken).toBe(false);
  });

  test.each([
    ['and both clocks say so', [Date, performance]],
    ['in a machine that slept', [Date]],
    ['while its clock was set back', [performance]],
  ])('is lost by a holder that stood still for so long that others took it for dead, %s', async (_, set) => {
    const holder = new FileLock(folder, { ...times, beatMs: 1_000_000 });
    locks.push(holder);
    await holder.request();
    for (const name of await readdir(folder)) await rm(join(folder, name));
    for (const clock of set) advance(clock, 1);
    expect(await holder.isHeld()).toBe(false);
  });

  test('has never two holders, and every one who waits gets it, however many ask at the same time', async () => {
    const contenders = Array.from({ length: 12 }, newLock);
    let holders = 0;
    let turns = 0;
    const turn = async (lock: FileLock): Promise<void> => {
      holders += 1;
      expect(holders).toBe(1);
      turns += 1;
      await wait(1);
      holders -= 1;
      await lock.release();
    };
    await Promise.all(
      contenders.map(async (lock) => {
        if (!(await lock.request())) await waited(lock);
        await turn(lock);
      }),
    );
    expect(turns).toBe(contenders.length);
    expect(await readdir(folder)).toEqual([]);
  });
});
