import { decode, readGuarded } from '../../src/bsatn/codec.ts';
import { BsatnReader } from '../../src/bsatn/reader.ts';
import { type ClientMessage } from '../../src/wire/client-message.ts';
import { type ProtocolVersion, versionOfSubprotocol } from '../../src/wire/version.ts';
import { loadTranscript, transcriptNames } from '../support/golden/transcript.ts';
import { inflated } from '../../src/embedded/kit/inflated.ts';
import { clientMessageCodec } from '../support/message-codecs.ts';

/** A binary frame of a transcript. */
export interface GoldenFrame {
  /** Transcript, step and connection: what a failing test says. */
  readonly where: string;
  readonly version: ProtocolVersion;
  /** The frame; that of a server inflated and without its compression byte. */
  readonly body: Uint8Array;
  /** Whether the server closed the connection because of it. */
  readonly isBroken: boolean;
}

/** The binary frames of one transcript, by who sent them. */
export interface GoldenFrames {
  readonly name: string;
  readonly client: readonly GoldenFrame[];
  readonly server: readonly GoldenFrame[];
}

/** All frames of all transcripts. */
export const goldenFrames: readonly GoldenFrames[] = transcriptNames().map(framesOf);

function framesOf(name: string): GoldenFrames {
  const { steps } = loadTranscript(name);
  const versions = new Map<string, ProtocolVersion>();
  const client: GoldenFrame[] = [];
  const server: GoldenFrame[] = [];
  for (const [index, step] of steps.entries()) {
    if (step.kind === 'open') versions.set(step.connection, versionOf(step.subprotocol));
    if (step.kind !== 'send' && step.kind !== 'receive') continue;
    const version = versions.get(step.connection);
    if (version === undefined) throw new Error(`${name}: ${step.connection} was never opened`);
    const where = `${name}, step ${index}, connection ${step.connection}`;
    const isBroken = steps[index + 1]?.kind === 'closed';
    if (step.kind === 'send') client.push({ where, version, body: step.frame, isBroken });
    else server.push({ where, version, body: inflated(step.frame), isBroken: false });
  }
  return { name, client, server };
}

function versionOf(subprotocol: string): ProtocolVersion {
  const version = versionOfSubprotocol(subprotocol);
  if (version === undefined) throw new Error(`unknown subprotocol ${subprotocol}`);
  return version;
}

/** The messages of a client's frame: one on v2, one or more on v3. */
export function readClientFrame({ body, version }: GoldenFrame): ClientMessage[] {
  if (version === 'v2') return [decode(clientMessageCodec, body, 'ClientMessage')];
  const reader = new BsatnReader(body, 'ClientMessage');
  const messages: ClientMessage[] = [];
  do messages.push(readGuarded(clientMessageCodec, reader, 'ClientMessage'));
  while (reader.remaining > 0);
  return messages;
}
