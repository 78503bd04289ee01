import { type Use } from './use.ts';

const specialKinds: ReadonlyMap<string, string> = new Map([
  ['Identity', 'identity'],
  ['ConnectionId', 'connectionId'],
  ['Timestamp', 'timestamp'],
  ['Uuid', 'uuid'],
]);

/** What the runtime calls the type in queries; `undefined` for what the server does not compare. */
export function comparableKind(use: Use): string | undefined {
  switch (use.kind) {
    case 'primitive':
      return use.tag.toLowerCase();
    case 'bytes':
      return 'bytes';
    case 'special':
      return specialKinds.get(use.type);
    default:
      return undefined;
  }
}
