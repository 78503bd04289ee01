import { BsatnReader } from '../bsatn/reader.ts';
import { type ViewReturn } from './module-host.ts';

/** What a view answers when its bytes begin with a header: rows, or a query. */
export function readViewResult(bytes: Uint8Array): ViewReturn {
  const reader = new BsatnReader(bytes, 'the result of a view');
  switch (reader.u8()) {
    case 0:
      return { tag: 'rows', rows: bytes.subarray(reader.offset) };
    case 1:
      return { tag: 'query', sql: reader.string() };
    default:
      return reader.unknownTag('ViewResultHeader');
  }
}
