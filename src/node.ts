export { FileTokenStore } from './connection/file-token-store.ts';
export { FileOfflineStorage, type FileOfflineStorageOptions } from './offline/files/file-offline-storage.ts';
