import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** A place in a source; lines and columns count from 1. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column?: number | undefined;
}

const around = 1;

/** The place that a text such as `src/index.ts:12:5: …` names first. */
export function placeIn(text: string): SourcePlace | undefined {
  const [, file = '', line = '', column = ''] = /([\w./\\@-]+\.[cm]?[jt]sx?):(\d+)(?::(\d+))?/.exec(text) ?? [];
  if (file === '') return undefined;
  return { file, line: Number(line), column: column === '' ? undefined : Number(column) };
}

/** The line of a source with those around it, and a mark under the column; nothing when the file is in none of the folders. */
export function excerptOf({ file, line, column }: SourcePlace, folders: readonly string[]): readonly string[] {
  const lines = linesOf(file, folders);
  if (lines === undefined || lines[line - 1] === undefined) return [];
  const width = String(line + around).length;
  const excerpt: string[] = [];
  for (let number = Math.max(1, line - around); number <= Math.min(lines.length, line + around); number++) {
    excerpt.push(`${String(number).padStart(width)} │ ${lines[number - 1]}`);
    if (number === line && column !== undefined) excerpt.push(`${' '.repeat(width)} │ ${' '.repeat(column - 1)}^`);
  }
  return excerpt;
}

function linesOf(file: string, folders: readonly string[]): readonly string[] | undefined {
  for (const folder of folders) {
    try {
      return readFileSync(resolve(folder, file), 'utf8').replaceAll('\t', ' ').split('\n');
    } catch {
      // Not in this folder: the next may have it.
    }
  }
  return undefined;
}
