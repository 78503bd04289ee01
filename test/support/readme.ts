import { readFileSync } from 'node:fs';

/** One TypeScript example of the README: the line where it begins, and its text. */
export interface Snippet {
  readonly line: number;
  readonly code: string;
}

const fence = /^```ts\n([\s\S]*?)^```$/gm;

/** The TypeScript examples of the README, in order. */
export function readmeSnippets(): Snippet[] {
  const text = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  return Array.from(text.matchAll(fence), (match) => ({
    line: text.slice(0, match.index).split('\n').length + 1,
    code: match[1] ?? '',
  }));
}

/** The examples as one program: they build on each other in the order in which they stand. Imports come first. */
export function readmeProgram(snippets: readonly Snippet[]): string {
  const lines = snippets.flatMap(({ code }) => code.split('\n'));
  return [...lines.filter(isImport), ...lines.filter((line) => !isImport(line))].join('\n');
}

function isImport(line: string): boolean {
  return line.startsWith('import ');
}
