import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { type Compression, compressionTags, compressionThreshold } from '../../wire/compression.ts';
import { type ProtocolVersion } from '../../wire/version.ts';

/** How many bytes of messages a v3 frame takes, before compression; a larger message goes alone. */
const maxBatchBytes = 512 * 1024;

/** A frame for a client. */
interface ServerFrame {
  readonly bytes: Uint8Array;
  /** How many messages are in it. */
  readonly messages: number;
}

/**
 * Packs encoded server messages into frames, in order: one each on v2, as many as fit on v3.
 *
 * ```text
 * compression:u8 | messages        compressed where they are longer than 1,024 bytes, even if that makes them larger
 * ```
 */
export function packServerFrames(
  messages: readonly Uint8Array[],
  version: ProtocolVersion,
  compression: Compression,
): ServerFrame[] {
  const frames: ServerFrame[] = [];
  let group: Uint8Array[] = [];
  let size = 0;
  const close = (): void => {
    if (group.length > 0) frames.push({ bytes: frameOf(group, compression), messages: group.length });
    group = [];
    size = 0;
  };
  for (const message of messages) {
    if (version === 'v2' || size + message.length > maxBatchBytes) close();
    group.push(message);
    size += message.length;
  }
  close();
  return frames;
}

function frameOf(messages: readonly Uint8Array[], compression: Compression): Uint8Array {
  const size = messages.reduce((sum, message) => sum + message.length, 0);
  const used = size > compressionThreshold ? compression : 'none';
  return joined([Uint8Array.of(compressionTags[used]), ...compress(messages, used)]);
}

function compress(messages: readonly Uint8Array[], compression: Compression): readonly Uint8Array[] {
  switch (compression) {
    case 'none':
      return messages;
    case 'gzip':
      return [gzipSync(joined(messages), { level: constants.Z_BEST_SPEED })];
    case 'brotli':
      return [brotliCompressSync(joined(messages), { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })];
  }
}

/** In memory of its own, unlike `Buffer.concat`, which cuts small ones out of a common block. */
function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
