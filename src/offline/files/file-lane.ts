import { type FileJournal } from './file-journal.ts';

/** A record to be added to a journal. */
export interface Append {
  readonly journal: FileJournal;
  readonly record: Buffer;
  /** Comes just before the record is written; what it throws is why it is not. */
  readonly prepare: () => void | Promise<void>;
  /** Whether the record has to be on the disk before it counts as written. */
  readonly isFlushed: boolean;
  /** Comes as soon as the record counts as written. */
  readonly apply: () => void;
}

interface Outcome<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

type Entry =
  | { readonly kind: 'append'; readonly append: Append; readonly outcome: Outcome<void> }
  | { readonly kind: 'task'; readonly run: () => Promise<void> };

/**
 * Does one thing after the other, in the order of the calls. Records that are added while something is under way, to
 * whatever journals, are written together after it, and each of these journals waits for the disk once.
 */
export class FileLane {
  readonly #guard: () => Promise<void>;
  #entries: Entry[] = [];
  #running: Promise<void> | undefined;

  /** `guard` comes before anything is written, and throws where nothing may be. */
  constructor(guard: () => Promise<void>) {
    this.#guard = guard;
  }

  append(append: Append): Promise<void> {
    return new Promise((resolve, reject) => this.#add({ kind: 'append', append, outcome: { resolve, reject } }));
  }

  read<T>(task: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#add({ kind: 'task', run: () => task().then(resolve, reject) });
    });
  }

  write<T>(task: () => Promise<T>): Promise<T> {
    return this.read(async () => {
      await this.#guard();
      return task();
    });
  }

  /** Waits until there is nothing left to do. */
  async drained(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  #add(entry: Entry): void {
    this.#entries.push(entry);
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    // What is asked for in one go is done in one go.
    await Promise.resolve();
    for (let first = this.#entries[0]; first !== undefined; first = this.#entries[0]) {
      if (first.kind === 'task') {
        this.#entries.shift();
        await first.run();
        continue;
      }
      const end = this.#entries.findIndex(({ kind }) => kind !== 'append');
      const batch = this.#entries.splice(0, end < 0 ? this.#entries.length : end);
      await this.#writeBatch(batch.flatMap((entry) => (entry.kind === 'append' ? [new Writing(entry)] : [])));
    }
    this.#running = undefined;
  }

  async #writeBatch(batch: readonly Writing[]): Promise<void> {
    try {
      await this.#guard();
    } catch (error) {
      for (const writing of batch) writing.fail(error);
    }
    /** Where each journal ended before. */
    const ends = new Map<FileJournal, number>();
    for (const group of neighbours(batch)) await writeGroup(group, ends);
    for (const [journal, end] of ends) {
      const written = batch.filter((writing) => writing.isPending && writing.append.journal === journal);
      if (!written.some(({ append }) => append.isFlushed)) continue;
      await journal.flush(end).catch((error: unknown) => {
        for (const writing of written) writing.fail(error);
      });
    }
    for (const writing of batch) writing.succeed();
  }
}

/** One record on its way. */
class Writing {
  readonly append: Append;
  readonly #outcome: Outcome<void>;
  isPending = true;

  constructor({ append, outcome }: { readonly append: Append; readonly outcome: Outcome<void> }) {
    this.append = append;
    this.#outcome = outcome;
  }

  fail(error: unknown): void {
    this.isPending = false;
    this.#outcome.reject(error);
  }

  succeed(): void {
    if (!this.isPending) return;
    this.isPending = false;
    this.append.apply();
    this.#outcome.resolve();
  }
}

/** Cuts a batch into runs of records for one journal. */
function neighbours(batch: readonly Writing[]): readonly (readonly Writing[])[] {
  const groups: Writing[][] = [];
  for (const writing of batch) {
    const last = groups.at(-1);
    if (last?.[0]?.append.journal === writing.append.journal) last.push(writing);
    else groups.push([writing]);
  }
  return groups;
}

async function writeGroup(group: readonly Writing[], ends: Map<FileJournal, number>): Promise<void> {
  const ready: Writing[] = [];
  for (const writing of group) {
    if (!writing.isPending) continue;
    try {
      await writing.append.prepare();
      ready.push(writing);
    } catch (error) {
      writing.fail(error);
    }
  }
  const journal = ready[0]?.append.journal;
  if (journal === undefined) return;
  if (!ends.has(journal)) ends.set(journal, journal.size);
  try {
    await journal.append(ready.map(({ append }) => append.record));
  } catch (error) {
    if (ready.length === 1) return ready[0]?.fail(error);
    // On a full disk there may be room for some of them.
    for (const writing of ready) {
      await journal.append([writing.append.record]).catch((reason: unknown) => writing.fail(reason));
    }
  }
}
