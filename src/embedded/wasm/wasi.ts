import { type GuestMemory } from './guest-memory.ts';
import { type HostFunction } from './web-assembly.ts';

/** The import modules that {@link wasiFunction} stands in for. */
export const wasiModules: readonly string[] = ['wasi_snapshot_preview1', 'wasi_unstable'];

/** What the few WASI functions with an effect need. */
export interface WasiEnvironment {
  readonly memory: () => GuestMemory;
  /** As many random bytes as it is asked for. */
  readonly random: (size: number) => Uint8Array;
  /** Microseconds since the Unix epoch. */
  readonly nowMicros: () => bigint;
}

const noSystemCall = 52;

/**
 * A stand-in for a function of WASI. A module of SpacetimeDB has no files, no arguments and no environment; runtimes of C# and C++ link these functions
 * without needing them, so all but a few just answer 0.
 */
export function wasiFunction(name: string, environment: WasiEnvironment): HostFunction {
  const { memory } = environment;
  switch (name) {
    case 'proc_exit':
      return (code: number) => {
        throw new Error(`the module ended itself with exit code ${code}`);
      };
    case 'fd_write':
      // The caller tries again until everything was written.
      return (_file: number, vectors: number, count: number, written: number) => {
        let total = 0;
        for (let index = 0; index < count; index++) total += memory().u32(vectors + index * 8 + 4);
        memory().writeU32(written, total);
        return 0;
      };
    case 'random_get':
      return (pointer: number, length: number) => {
        memory().write(pointer, environment.random(length >>> 0));
        return 0;
      };
    case 'clock_time_get':
      return (_clock: number, _precision: bigint, out: number) => {
        memory().writeU64(out, environment.nowMicros() * 1000n);
        return 0;
      };
    case 'args_sizes_get':
    case 'environ_sizes_get':
      return (count: number, size: number) => {
        memory().writeU32(count, 0);
        memory().writeU32(size, 0);
        return 0;
      };
    case 'poll_oneoff':
      return () => noSystemCall;
    default:
      return () => 0;
  }
}
