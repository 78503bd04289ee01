import { describe, expect, test } from 'vitest';
import { ByteHandles } from '../../../src/embedded/wasm/byte-handles.ts';
import { RowIterators } from '../../../src/embedded/row-iterators.ts';

const rowOf = (...bytes: readonly number[]): { bytes: Uint8Array; key: string; value: () => undefined } => ({
  bytes: Uint8Array.from(bytes),
  key: bytes.join(),
  value: () => undefined,
});

describe('a source of bytes', () => {
  test('is read in pieces and gone when it is exhausted', () => {
    const handles = new ByteHandles();
    const source = handles.openSource(Uint8Array.of(1, 2, 3, 4, 5));
    const target = new Uint8Array(2);
    expect(handles.remaining(source)).toBe(5);
    expect([handles.read(source, target), [...target]]).toEqual([{ length: 2, isExhausted: false }, [1, 2]]);
    expect([handles.read(source, target), [...target]]).toEqual([{ length: 2, isExhausted: false }, [3, 4]]);
    expect(handles.remaining(source)).toBe(1);
    expect([handles.read(source, target), [...target]]).toEqual([{ length: 1, isExhausted: true }, [5, 4]]);
    expect(handles.read(source, target)).toBeUndefined();
    expect(handles.remaining(source)).toBeUndefined();
  });

  test('that ends with the buffer is exhausted at once, and an empty one is no source', () => {
    const handles = new ByteHandles();
    const source = handles.openSource(Uint8Array.of(1, 2));
    expect(handles.read(source, new Uint8Array(2))).toEqual({ length: 2, isExhausted: true });
    expect(handles.openSource(new Uint8Array())).toBe(0);
    expect(handles.read(0, new Uint8Array(2))).toBeUndefined();
  });
});

describe('a sink of bytes', () => {
  test('holds all that was written, in order, until it is closed', () => {
    const handles = new ByteHandles();
    const sink = handles.openSink();
    const chunk = Uint8Array.of(1, 2);
    expect(handles.write(sink, chunk)).toBe(0);
    chunk.fill(9);
    expect(handles.write(sink, Uint8Array.of(3))).toBe(0);
    expect(handles.closeSink(sink)).toEqual(Uint8Array.of(1, 2, 3));
    expect(handles.write(sink, chunk)).toBe(8);
    expect(handles.closeSink(handles.openSink())).toEqual(new Uint8Array());
  });
});

describe('an iterator of rows', () => {
  test('gives as many whole rows as fit, and is gone with the last one', () => {
    const iterators = new RowIterators();
    const iterator = iterators.open([rowOf(1, 2), rowOf(3), rowOf(4, 5)]);
    const target = new Uint8Array(4);
    expect([iterators.advance(iterator, target), [...target]]).toEqual([
      { tag: 'read', length: 3, isExhausted: false },
      [1, 2, 3, 0],
    ]);
    expect([iterators.advance(iterator, target), [...target]]).toEqual([
      { tag: 'read', length: 2, isExhausted: true },
      [4, 5, 3, 0],
    ]);
    expect(iterators.advance(iterator, target)).toEqual({ tag: 'noSuchIterator' });
  });

  test('says how large the next row is when it does not fit', () => {
    const iterators = new RowIterators();
    const iterator = iterators.open([rowOf(1, 2, 3)]);
    expect(iterators.advance(iterator, new Uint8Array(2))).toEqual({ tag: 'tooSmall', size: 3 });
    expect(iterators.advance(iterator, new Uint8Array(3))).toEqual({ tag: 'read', length: 3, isExhausted: true });
  });

  test('without rows is exhausted at once', () => {
    const iterators = new RowIterators();
    expect(iterators.advance(iterators.open([]), new Uint8Array(1))).toEqual({
      tag: 'read',
      length: 0,
      isExhausted: true,
    });
    const closed = iterators.open([]);
    expect([iterators.close(closed), iterators.close(closed)]).toEqual([true, false]);
  });
});
