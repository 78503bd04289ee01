import { ContentCache } from '../content-cache.ts';
import { compileWasm } from './instance.ts';
import { type CompiledWasm } from './web-assembly.ts';

const compiled = new ContentCache(compileWasm);

/** As {@link compileWasm}, once for the same bytes: a server that is started again for the next test costs an instance, not a compilation. */
export async function compileOnce(bytes: Uint8Array): Promise<CompiledWasm> {
  try {
    return await compiled.of(bytes);
  } catch (error) {
    compiled.forget(bytes);
    throw error;
  }
}
