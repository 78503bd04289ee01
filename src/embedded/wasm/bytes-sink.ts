import { type ByteHandles } from './byte-handles.ts';
import { type GuestMemory } from './guest-memory.ts';
import { type HostFunction } from './web-assembly.ts';

/** The host function `bytes_sink_write`: always takes everything, so it leaves the length as it is. */
export function bytesSinkWrite(memory: () => GuestMemory, handles: ByteHandles): HostFunction {
  return (sink: number, pointer: number, lengthPointer: number) =>
    handles.write(sink, memory().bytes(pointer, memory().u32(lengthPointer)));
}
