import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toCamelCase } from '../../src/module-def/index.ts';

/** What the source of a module says of its parts in comments above them, by name; names are in camelCase, however the source spells them. */
export interface DocComments {
  readonly types: ReadonlyMap<string, string>;
  /** By type and field: `cat.catId`. */
  readonly fields: ReadonlyMap<string, string>;
  readonly functions: ReadonlyMap<string, string>;
}

/** Folders that hold no source of the module. */
const derived: ReadonlySet<string> = new Set(['target', 'node_modules', 'bin', 'obj', 'dist', 'build']);

/** Reads the doc comments of a project in Rust, C# or TypeScript: of types, fields and functions, line by line, without understanding the rest. */
export async function readDocComments(folder: string): Promise<DocComments> {
  const found = {
    types: new Map<string, string>(),
    fields: new Map<string, string>(),
    functions: new Map<string, string>(),
  };
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = files
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.d.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(
      (path) =>
        !path
          .slice(folder.length)
          .split(/[\\/]/)
          .some((part) => derived.has(part) || part.startsWith('.')),
    )
    .sort();
  for (const path of paths) {
    const syntax = syntaxes.find(({ ending }) => path.endsWith(ending));
    if (syntax !== undefined) scan(await readFile(path, 'utf8'), syntax, found);
  }
  return found;
}

/** How a language writes what may have a comment; the first group is the name. */
interface Syntax {
  readonly ending: string;
  readonly type: RegExp;
  /** What begins a type whose name is that of the table: for fields only. */
  readonly table?: RegExp;
  readonly field: RegExp;
  readonly function: RegExp;
  /** What may stand between a comment and what it is about. */
  readonly between: RegExp;
}

const syntaxes: readonly Syntax[] = [
  {
    ending: '.rs',
    type: /^\s*(?:pub(?:\([^)]*\))?\s+)?(?:struct|enum)\s+(\w+)/u,
    field: /^\s+(?:pub(?:\([^)]*\))?\s+)?(\w+)\s*:/u,
    function: /^\s*(?:pub(?:\([^)]*\))?\s+)?fn\s+(\w+)/u,
    between: /^\s*#\[/,
  },
  {
    ending: '.cs',
    type: /^\s*public\s+(?:readonly\s+)?partial\s+(?:struct|class|record(?:\s+struct)?)\s+(\w+)|^\s*public\s+enum\s+(\w+)/u,
    field: /^\s+public\s+[\w<>?[\],. ]+?\s+(\w+)\s*(?:;|=|\{)/u,
    function: /^\s*public\s+static\s+[\w<>?[\],. ]+?\s+(\w+)\s*\(/u,
    between: /^\s*\[/,
  },
  {
    ending: '.ts',
    type: /^\s*(?:export\s+)?const\s+\w+\s*=\s*t\.(?:enum|object|row)\(\s*['"](\w+)['"]/u,
    table: /^\s*(?:(?:export\s+)?const\s+)?(\w+)\s*[:=]\s*table\(/u,
    field: /^\s+(\w+)\s*:\s*(?!table\()/u,
    function: /^\s*export\s+const\s+(\w+)\s*=\s*(?!t\.|table\()/u,
    between: /^$/,
  },
];

interface Found {
  readonly types: Map<string, string>;
  readonly fields: Map<string, string>;
  readonly functions: Map<string, string>;
}

function scan(text: string, syntax: Syntax, found: Found): void {
  let comment: string[] = [];
  let isInBlock = false;
  let container = '';
  for (const line of text.split(/\r?\n/)) {
    const slashes = /^\s*\/\/\/(?!\/)\s?(.*)$/.exec(line)?.[1];
    const opening: string | undefined = isInBlock ? undefined : /^\s*\/\*\*(?!\/)(.*)$/.exec(line)?.[1];
    if (slashes !== undefined) {
      comment.push(slashes);
      continue;
    }
    if (isInBlock || opening !== undefined) {
      if (opening !== undefined) comment = [];
      const inner: string = opening ?? line.replace(/^\s*\*(?!\/)/, '');
      isInBlock = !inner.includes('*/');
      comment.push(inner.replace(/\*\/.*$/, ''));
      continue;
    }
    if (comment.length > 0 && syntax.between.test(line)) continue;
    const doc = wordsOf(comment);
    comment = [];
    const type = nameIn(syntax.type, line);
    const table = syntax.table === undefined ? undefined : nameIn(syntax.table, line);
    const named = type ?? table;
    if (named !== undefined) {
      container = toCamelCase(named);
      put(found.types, container, doc);
      continue;
    }
    const fn = nameIn(syntax.function, line);
    if (fn !== undefined) {
      put(found.functions, toCamelCase(fn), doc);
      continue;
    }
    const field = nameIn(syntax.field, line);
    if (field !== undefined && container !== '') put(found.fields, `${container}.${toCamelCase(field)}`, doc);
  }
}

function nameIn(pattern: RegExp, line: string): string | undefined {
  const match = pattern.exec(line);
  return match?.[1] ?? match?.[2];
}

/** One text of the lines of a comment, without the tags of XML. */
function wordsOf(lines: readonly string[]): string {
  return lines
    .join(' ')
    .replaceAll(/<\/?(?:c|see)\b[^>]*>/g, '')
    .replaceAll(/<\/?(?:summary|remarks|para)\b[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** The first word about something is taken; two of one name may be in different files. */
function put(docs: Map<string, string>, name: string, doc: string): void {
  if (doc !== '' && !docs.has(name)) docs.set(name, doc);
}
