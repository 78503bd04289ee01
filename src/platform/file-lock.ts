import { type FSWatcher, utimesSync, watch } from 'node:fs';
import { readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { clearInterval, setInterval } from 'node:timers';
import { setTimeout as wait } from 'node:timers/promises';
import { hasCode } from '../errors.ts';
import { type StoreLock } from './store-lock.ts';
import { fateOf, isLockName, newLockName, ownerOf, thisProcess } from './file-lock-owner.ts';

/** How often things of a lock are looked at, in milliseconds. */
export interface FileLockTimes {
  /** How often the holder touches its file. */
  readonly beatMs: number;
  /** How long the file of a holder that nobody here can ask after has to stay untouched until it counts as dead. */
  readonly leaseMs: number;
  /** How often those who wait look whether the holder is still there. */
  readonly pollMs: number;
}

/** By the clock of the system, in milliseconds since the Unix epoch, and by one that nobody can set. */
interface Moment {
  readonly time: number;
  readonly elapsed: number;
}

function now(): Moment {
  return { time: Date.now(), elapsed: performance.now() };
}

const usualTimes: FileLockTimes = { beatMs: 5000, leaseMs: 20_000, pollMs: 1000 };

/**
 * The right to write to a folder, which one holder has at a time.
 *
 * Who asks makes a file of its own, `writer-….lock`, with its process in its name, and then looks for the files of others: when
 * none of them lives, the lock is its own, otherwise it takes its file back. Of two that ask at the same time one sees
 * the other, or both do; then neither has the lock, and they ask again. As no two files ever have the same name, the
 * file of a dead process can be removed by anybody without a risk to remove that of its successor.
 *
 * Dead is a process that this machine no longer has, or whose number belongs to one that began at another time. Nobody
 * can ask after a process of another machine (or container): the holder touches its file every few seconds, and who
 * waits takes a file that did not change for four times as long, by the clock of who waits, for that of a dead one. That
 * clock is one that nobody can set, and that stands still while the machine sleeps, as the holder on it may. A holder
 * that slept that long looks before it writes whether its file is still there.
 *
 * That a lock was given back is an event of the file system; that a process died is none, so those who wait look once
 * a second.
 */
export class FileLock implements StoreLock {
  readonly #folder: string;
  readonly #times: FileLockTimes;
  readonly #onLost: () => void;
  readonly #self = thisProcess();
  #file: string | undefined;
  #lastBeat: Moment = now();
  #timer: NodeJS.Timeout | undefined;
  #watcher: FSWatcher | undefined;
  /** Files of holders that nobody here can ask after: when they were touched, and since when we know of that. */
  readonly #seen = new Map<string, { readonly touched: number; readonly since: number }>();
  #isAsking = false;
  #isReleased = false;

  /** `onLost` is told when somebody has taken the holder for dead. */
  constructor(folder: string, times: FileLockTimes = usualTimes, onLost: () => void = () => undefined) {
    this.#folder = folder;
    this.#times = times;
    this.#onLost = onLost;
  }

  /** Takes the lock if it is free. */
  async request(): Promise<boolean> {
    for (let tries = 0; tries < 3; tries++) {
      const others = await this.#ask();
      if (others.length === 0) {
        this.#beatRegularly();
        return true;
      }
      // One that only asked is gone in a moment.
      if (!(await this.#areNew(others))) return false;
      await wait(5 + Math.random() * 40);
    }
    return false;
  }

  /** Takes the lock as soon as it is free, then calls `onHeld`. */
  wait(onHeld: () => void): void {
    const look = async (): Promise<void> => {
      if (this.#isAsking || this.#isReleased || this.#file !== undefined) return;
      this.#isAsking = true;
      // Where the folder cannot be read or written just now, the next look may be luckier.
      const isFree = await this.#isFree().catch(() => false);
      this.#isAsking = false;
      if (!isFree) return;
      if (this.#isReleased) return this.release();
      this.#stopWaiting();
      this.#beatRegularly();
      onHeld();
    };
    // Not all at the same time.
    this.#timer = setInterval(() => void look(), this.#times.pollMs * (0.8 + Math.random() * 0.4)).unref();
    try {
      this.#watcher = watch(this.#folder, { persistent: false }, (event, name) => {
        if (event === 'rename' && (name === null || isLockName(name))) void look();
      });
      this.#watcher.on('error', () => this.#watcher?.close());
    } catch {
      // Not every file system can be watched; looking once a second remains.
    }
  }

  /** Whether the lock is still held; looks for the file when it was not touched for long. */
  async isHeld(): Promise<boolean> {
    if (this.#isBeatOverdue()) await this.#beat();
    return this.#file !== undefined;
  }

  /** As `isHeld`, for who cannot wait. */
  isHeldNow(): boolean {
    if (this.#isBeatOverdue()) this.#beatNow();
    return this.#file !== undefined;
  }

  /** Gives the lock back, or stops waiting for it. */
  async release(): Promise<void> {
    this.#isReleased = true;
    this.#stopWaiting();
    const file = this.#file;
    this.#file = undefined;
    if (file !== undefined) await rm(file, { force: true });
  }

  #stopWaiting(): void {
    clearInterval(this.#timer);
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  /** Asks only where it may help: files that come and go wake up everybody who waits. */
  async #isFree(): Promise<boolean> {
    return (await this.#others()).length === 0 && (await this.#ask()).length === 0;
  }

  /** Leaves a file of ours behind when nobody else has one; the files of the others. */
  async #ask(): Promise<readonly string[]> {
    const file = join(this.#folder, newLockName(this.#self));
    let others: readonly string[] = [];
    try {
      // For people.
      const text = `process ${this.#self.pid} on ${hostname()} writes to this folder\n`;
      await writeFile(file, text, { flag: 'wx', mode: 0o600 });
      others = await this.#others(file);
    } catch (error) {
      await rm(file, { force: true });
      throw error;
    }
    if (others.length > 0) await rm(file, { force: true });
    else {
      this.#file = file;
      this.#lastBeat = now();
    }
    return others;
  }

  /** The files of those who may hold the lock. Removes those of the dead. */
  async #others(own?: string): Promise<readonly string[]> {
    const others: string[] = [];
    for (const name of await readdir(this.#folder)) {
      const file = join(this.#folder, name);
      if (!isLockName(name) || file === own) continue;
      if (await this.#isDead(file, name)) await rm(file, { force: true });
      else others.push(file);
    }
    return others;
  }

  async #isDead(file: string, name: string): Promise<boolean> {
    const fate = fateOf(ownerOf(name), this.#self);
    if (fate !== 'unknown') return fate === 'dead';
    // What the holder touches while this process stands still counts.
    const looked = performance.now();
    const touched = await stat(file).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    );
    const seen = this.#seen.get(file);
    if (seen?.touched === touched) return looked - seen.since > this.#times.leaseMs;
    this.#seen.set(file, { touched, since: performance.now() });
    return false;
  }

  /** Whether all of these files were made a moment ago. */
  async #areNew(files: readonly string[]): Promise<boolean> {
    const ages = files.map((file) =>
      stat(file).then(
        ({ birthtimeMs }) => Date.now() - birthtimeMs,
        () => 0,
      ),
    );
    return (await Promise.all(ages)).every((age) => age < 200);
  }

  #beatRegularly(): void {
    // A beat that fails is made up for before the next write.
    this.#timer = setInterval(() => void this.#beat().catch(() => undefined), this.#times.beatMs).unref();
  }

  /** Whether this process stood still for so long that others may take it for dead. */
  #isBeatOverdue(): boolean {
    const { time, elapsed } = now();
    // The one stands still while the machine sleeps, the other can be set.
    const passed = Math.max(Math.abs(time - this.#lastBeat.time), elapsed - this.#lastBeat.elapsed);
    return this.#file !== undefined && passed > this.#times.leaseMs / 2;
  }

  async #beat(): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    const beat = now();
    try {
      await utimes(file, beat.time / 1000, beat.time / 1000);
      this.#lastBeat = beat;
    } catch (error) {
      this.#missed(file, error);
    }
  }

  #beatNow(): void {
    const file = this.#file;
    if (file === undefined) return;
    const beat = now();
    try {
      utimesSync(file, beat.time / 1000, beat.time / 1000);
      this.#lastBeat = beat;
    } catch (error) {
      this.#missed(file, error);
    }
  }

  #missed(file: string, error: unknown): void {
    if (!hasCode(error, 'ENOENT')) throw error;
    // Somebody took us for dead.
    if (this.#file !== file) return;
    this.#file = undefined;
    clearInterval(this.#timer);
    this.#onLost();
  }
}
