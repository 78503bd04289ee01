import { readFileSync } from 'node:fs';

/** One example of a page: the line where it begins, and its text. */
export interface Snippet {
  readonly line: number;
  readonly code: string;
}

/** The TypeScript examples of the README, in order. */
export function readmeSnippets(): Snippet[] {
  return snippetsOf(readFileSync(new URL('../../README.md', import.meta.url), 'utf8'), 'ts');
}

/** The examples of a page in one language, in order. */
export function snippetsOf(page: string, language: string): Snippet[] {
  const fence = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm');
  return Array.from(page.matchAll(fence), (match) => ({
    line: page.slice(0, match.index).split('\n').length + 1,
    code: match[1] ?? '',
  }));
}

/** The example of the README that is a file of this name. */
export function readmeFile(name: string): string {
  const page = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const found = ['ts', 'typescript'].flatMap((language) => snippetsOf(page, `${language} ${name}`));
  if (found.length !== 1) throw new Error(`the README has ${found.length} examples called ${name}`);
  return found[0]?.code ?? '';
}

/** The examples as one program: they build on each other in the order in which they stand. Imports come first. */
export function programOf(examples: readonly string[]): string {
  const lines = examples.flatMap((code) => code.split('\n'));
  return [...lines.filter(isImport), ...lines.filter((line) => !isImport(line))].join('\n');
}

function isImport(line: string): boolean {
  return line.startsWith('import ');
}
