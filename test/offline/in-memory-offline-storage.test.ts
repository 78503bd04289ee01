import { InMemoryOfflineStorage } from '../../src/offline/in-memory-offline-storage.ts';
import { describeStorageContract } from './storage-contract.ts';
import { describeStorageModel } from './storage-model.ts';
import { type StoragePlace } from './storage-place.ts';

async function newPlace(): Promise<StoragePlace> {
  const first = new InMemoryOfflineStorage();
  return {
    newStore: async () => new InMemoryOfflineStorage(first),
    [Symbol.asyncDispose]: () => first.dispose(),
  };
}

describeStorageContract('memory', newPlace);
describeStorageModel('memory', newPlace, 100);
