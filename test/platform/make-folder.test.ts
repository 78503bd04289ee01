import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FileTokenStore } from '../../src/connection/file-token-store.ts';
import { EmbeddedServer } from '../../src/embedded/index.ts';
import { FileOfflineStorage } from '../../src/offline/files/file-offline-storage.ts';
import { makeFolder } from '../../src/platform/make-folder.ts';
import { referenceWasm } from '../support/golden/reference-schema.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('making a folder', () => {
  test('makes those on the way to it, all with its mode, and lets one be that is there', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'a', 'b', 'c');
    await makeFolder(path, 0o700);
    expect([path, join(folder, 'a')].map((made) => statSync(made).mode & 0o777)).toEqual([0o700, 0o700]);
    await makeFolder(path, 0o755);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    await makeFolder('/');
  });

  test('may be done by many at once', async () => {
    const folder = temporaryFolder();
    // Who finds no folder above, and then one that somebody else has made meanwhile, is a matter of chance.
    for (let round = 0; round < 30; round++) {
      const path = join(folder, String(round), 'a', 'b');
      await Promise.all(Array.from({ length: 20 }, (_, index) => makeFolder(join(path, String(index % 3)))));
      expect(statSync(join(path, '2')).isDirectory()).toBe(true);
    }
  });

  test('says where a file is in the way', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), '');
    mkdirSync(join(folder, 'inner'));
    await expect(makeFolder(join(folder, 'file'))).rejects.toThrow('EEXIST');
    await expect(makeFolder(join(folder, 'file', 'b'))).rejects.toThrow('ENOTDIR');
  });
});

// Where `mkdir` with `recursive` never comes back.
describe.runIf(process.platform === 'linux')('a place where no folder can be made', () => {
  const refusal = '/proc is a place where no folder can be made';

  test('is refused at once, however deep', async () => {
    await expect(makeFolder('/proc/nothing')).rejects.toThrow(refusal);
    await expect(makeFolder('/proc/nothing/at/all')).rejects.toThrow(refusal);
  });

  test('is named by all who keep something in folders', async () => {
    const storage = new FileOfflineStorage('/proc/nothing');
    const events = { onBecameWriter: () => undefined, onDamaged: () => undefined };
    await expect(storage.initialize(events)).rejects.toThrow(
      `opening the store in the folder /proc/nothing: ${refusal}`,
    );
    await expect(new FileTokenStore('/proc/nothing/token').saveToken('a')).rejects.toThrow(
      `saving the token to /proc/nothing/token: ${refusal}`,
    );
    const start = EmbeddedServer.start({ module: referenceWasm, database: 'kept', dataDir: '/proc/nothing' });
    await expect(start).rejects.toThrow(`using the data folder /proc/nothing/kept: ${refusal}`);
  });
});
