import { fromHex } from '../../src/bsatn/bytes.ts';
import { decode } from '../../src/bsatn/codec.ts';
import { type EveryType, everyTypeCodec } from '../generated/reference/types.ts';
import { loadTranscript } from '../support/golden/transcript.ts';

/** The rows that `every_type` held at any time of the transcript `every-type`, each once. */
export function goldenEveryTypeRows(): readonly { readonly bytes: Uint8Array; readonly row: EveryType }[] {
  const held = loadTranscript('every-type').steps.flatMap((step) =>
    step.kind === 'expect' ? [...step.rows.values()].flatMap((rows) => rows.get('every_type') ?? []) : [],
  );
  return [...new Set(held)].map(fromHex).map((bytes) => ({ bytes, row: decode(everyTypeCodec, bytes, 'every_type') }));
}

/**
 * What the package makes of a row. It has one value for `Some(None)` and `None`, and drops a byte order mark at the beginning of a text, as
 * `TextDecoder` does unless it is told not to.
 */
export function asThePackageReads(row: EveryType): Omit<EveryType, 'maybeMaybe'> & { maybeMaybe: string | undefined } {
  return { ...row, aString: row.aString.replace(/^\ufeff/, ''), maybeMaybe: row.maybeMaybe?.some };
}
