import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LogFile } from '../../../src/embedded/durability/log-file.ts';
import { StorageError } from '../../../src/errors.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spacetimedb-signals-log-'));
  path = join(folder, 'commits.log');
});
afterEach(() => rmSync(folder, { recursive: true }));

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What a file holds, and how many bytes were cut off. */
function reopen(): { readonly records: string[]; readonly tornBytes: number } | undefined {
  const records: string[] = [];
  const opened = LogFile.open(path, (payload) => records.push(new TextDecoder().decode(payload)));
  opened?.log.close();
  return opened && { records, tornBytes: opened.recovery.tornBytes };
}

function write(...records: readonly string[]): void {
  LogFile.replace(path, records.map(bytes)).close();
}

/** Changes the file behind the back of the log. */
function edit(change: (file: Buffer) => Uint8Array): void {
  writeFileSync(path, change(readFileSync(path)));
}

test('records come back in the order in which they were appended, small ones and large ones', () => {
  const log = LogFile.replace(path, [bytes('first')]);
  const large = 'x'.repeat(3_000_000);
  log.append(bytes(large));
  log.append(bytes('third'));
  expect(log.size).toBe(12 + 3 * 8 + 5 + large.length + 5);
  log.sync();
  log.close();
  expect(reopen()).toEqual({ records: ['first', large, 'third'], tornBytes: 0 });
});

test('where there is no file there is no log', () => {
  expect(reopen()).toBeUndefined();
});

test('a file that was written anew has taken the place of the old one, and a draft that was left over is no matter', () => {
  write('old', 'older');
  writeFileSync(`${path}.new`, 'half a draft');
  write('new');
  expect(reopen()?.records).toEqual(['new']);
});

test('a file that cannot be written anew stays as it was', () => {
  write('old', 'older');
  const failing = function* (): Generator<Uint8Array> {
    yield bytes('new');
    throw new Error('the machine stopped here');
  };
  expect(() => LogFile.replace(path, failing())).toThrow(StorageError);
  expect(reopen()?.records).toEqual(['old', 'older']);
});

describe('a file that ends', () => {
  test('anywhere within its last record loses that record, and can be appended to', () => {
    write('first', 'second');
    const whole = readFileSync(path);
    const end = whole.length - 8 - 'second'.length;
    for (let length = end; length < whole.length; length++) {
      writeFileSync(path, whole.subarray(0, length));
      expect(reopen()).toEqual({ records: ['first'], tornBytes: length - end });
      const log = LogFile.open(path, () => undefined)?.log;
      log?.append(bytes('x'));
      log?.close();
      expect(reopen()).toEqual({ records: ['first', 'x'], tornBytes: 0 });
    }
  });

  test('in zeros that were never written loses them', () => {
    write('first');
    edit((file) => Buffer.concat([file, Buffer.alloc(100)]));
    expect(reopen()).toEqual({ records: ['first'], tornBytes: 100 });
  });

  test('in a record with a wrong byte loses it', () => {
    write('first', 'second');
    edit((file) => file.fill('X', file.length - 1));
    expect(reopen()).toEqual({ records: ['first'], tornBytes: 8 + 'second'.length });
  });

  test('before its beginning does is no log', () => {
    writeFileSync(path, 'STDBSLO');
    expect(() => reopen()).toThrow('is not a log of commits');
  });
});

describe('a file that is not as it was written', () => {
  test('is refused when good records are behind the wrong byte, and stays as it is', () => {
    write('first', 'second', 'third');
    edit((file) => {
      file[12 + 8 + 5 + 8] = 0;
      return file;
    });
    const damaged = readFileSync(path);
    expect(() => reopen()).toThrow(StorageError);
    expect(() => reopen()).toThrow('is damaged at byte 25, with good records behind it');
    expect(readFileSync(path)).toEqual(damaged);
  });

  test('is refused when it is of another version, or something else', () => {
    write('first');
    edit((file) => {
      file[8] = 2;
      return file;
    });
    expect(() => reopen()).toThrow('was written by another version of this package, in format 2');
    writeFileSync(path, 'a letter to somebody');
    expect(() => reopen()).toThrow('is not a log of commits');
  });
});

test('what cannot be written is told, and nothing of it stays', () => {
  const log = LogFile.replace(path, [bytes('first')]);
  log.close();
  expect(() => log.append(bytes('second'))).toThrow(StorageError);
  // It could not be taken back either: the file is left alone from then on.
  expect(() => log.append(bytes('third'))).toThrow('could not be taken back');
  expect(reopen()?.records).toEqual(['first']);
});
