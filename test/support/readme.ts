import { readdirSync, readFileSync } from 'node:fs';

/** One example of a page: the line where it begins, and its text. */
export interface Snippet {
  readonly line: number;
  readonly code: string;
}

const manual = ['README.md', 'docs/testing.md', 'docs/recipes.md'];

/** The TypeScript examples of the README and of the pages that go on from it, in order. */
export function manualSnippets(): Snippet[] {
  return manual.flatMap((page) => snippetsOf(textOf(page), 'ts'));
}

/** The members of a client that the text names, such as `client.note.rows`: of the README and of all guides. */
export function namedMembers(): string[] {
  // That of the other client names its members, too.
  const guides = readdirSync(new URL('../../docs', import.meta.url)).filter(
    (name) => name.endsWith('.md') && name !== 'migration.md',
  );
  const text = ['README.md', ...guides.map((name) => `docs/${name}`)].map(textOf).join('\n');
  const named = text.replaceAll(/^```[^]*?^```$/gm, '').matchAll(/`(client(?!\.ts`)(?:\.\w+)+)/g);
  return [...new Set(Array.from(named, ([, path = '']) => path))];
}

function textOf(page: string): string {
  return readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8');
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
  const page = textOf('README.md');
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
