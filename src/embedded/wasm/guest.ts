import { type HostOps } from '../module-host.ts';
import { ByteHandles } from './byte-handles.ts';
import { type GuestMemory, MemorySlot } from './guest-memory.ts';
import { RowIterators } from '../row-iterators.ts';

/** What belongs to one instance of a module and what its host functions work on. */
export class Guest {
  readonly ops: HostOps;
  readonly handles: ByteHandles = new ByteHandles();
  readonly iterators: RowIterators = new RowIterators();
  readonly #slot = new MemorySlot();
  /** The last line that the module logged. */
  lastLogLine: string | undefined;

  constructor(ops: HostOps) {
    this.ops = ops;
  }

  get memory(): GuestMemory {
    return this.#slot.get();
  }

  attach(memory: GuestMemory): void {
    this.#slot.attach(memory);
  }

  /** Forgets what a call left open. */
  closeAll(): void {
    this.handles.clear();
    this.iterators.clear();
  }
}
