import { createHash } from 'node:crypto';

/** The file of the queue, and that of the times. */
export const queueFile = 'queue.journal';
export const timesFile = 'times.journal';
/** As long as this file is there, nothing else counts: somebody began to clear the store. */
export const clearingFile = 'clearing';

const longestPlain = 120;

/**
 * The file of a table. Small letters, digits and `_` stand for themselves, `+n` for a capital N (some systems do not tell
 * them apart), and `%002f` for any other 16 bits. A name that gets too long ends in `!` and its SHA-256.
 */
export function tableFile(table: string): string {
  let name = '';
  for (let at = 0; at < table.length; at++) name += escape(table.charAt(at));
  if (name.length > longestPlain) {
    const hash = createHash('sha256').update(Buffer.from(table, 'utf16le')).digest('hex');
    name = `${name.slice(0, 40)}!${hash}`;
  }
  return `table-${name}.journal`;
}

function escape(unit: string): string {
  if (/[a-z0-9_]/.test(unit)) return unit;
  if (/[A-Z]/.test(unit)) return `+${unit.toLowerCase()}`;
  return `%${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Whether a file in the folder holds something of the store, damaged or half written as it may be. */
export function isOfStore(name: string): boolean {
  return /^(?:queue|times|table-[a-z0-9_+%!]*)\.journal(?:\.new|\.damaged)?$/.test(name);
}
