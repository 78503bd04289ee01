import { describeStorageContract } from '../storage-contract.ts';
import { describeStorageModel } from '../storage-model.ts';
import { newFolderPlace } from './folder-place.ts';

describeStorageContract('a folder', newFolderPlace);
describeStorageModel('a folder', () => newFolderPlace({ flush: 'never' }), 60);
