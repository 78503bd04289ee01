export { FileTokenStore } from './connection/file-token-store.ts';
