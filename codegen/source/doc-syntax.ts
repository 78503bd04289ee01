import { toCamelCase } from '../../src/module-def/index.ts';

/** What one file says of its parts in comments above them, by name; names are in camelCase, however the source spells them. */
export interface FileDocs {
  readonly types: Map<string, string>;
  /** Of fields and variants, by type and name: `cat.catId`. */
  readonly parts: Map<string, string>;
  readonly functions: Map<string, string>;
}

/** How a language writes what may have a comment; the first group is the name. */
interface Syntax {
  readonly ending: string;
  readonly type: RegExp;
  /** What begins a type whose name is that of the table: for fields only. */
  readonly table?: RegExp;
  readonly field: RegExp;
  readonly function: RegExp;
  /** What the first line of a type has whose parts are variants. */
  readonly sum: RegExp;
  readonly variant: RegExp;
  /** What may stand between a comment and what it is about. */
  readonly between: RegExp;
}

const syntaxes: readonly Syntax[] = [
  {
    ending: '.rs',
    type: /^\s*(?:pub(?:\([^)]*\))?\s+)?(?:struct|enum)\s+(\w+)/u,
    field: /^\s+(?:pub(?:\([^)]*\))?\s+)?(\w+)\s*:/u,
    function: /^\s*(?:pub(?:\([^)]*\))?\s+)?fn\s+(\w+)/u,
    sum: /\benum\b/,
    variant: /^\s+(\w+)\s*(?:[({,=].*)?$/u,
    between: /^\s*#\[/,
  },
  {
    ending: '.cs',
    type: /^\s*public\s+(?:readonly\s+)?partial\s+(?:struct|class|record(?:\s+struct)?)\s+(\w+)|^\s*public\s+enum\s+(\w+)/u,
    field: /^\s+public\s+[\w<>?[\],. ]+?\s+(\w+)\s*(?:;|=|\{)/u,
    function: /^\s*public\s+static\s+[\w<>?[\],. ]+?\s+(\w+)\s*\(/u,
    sum: /\benum\b|\bTaggedEnum\b/,
    // `Calm = 1,` of an enum, `ulong Active` of a tuple.
    variant: /^\s+(?:[\w<>?[\],. ]+?\s+)?(\w+)\s*(?:=[^,]*)?[,)>;{} ]*$/u,
    between: /^\s*\[/,
  },
  {
    ending: '.ts',
    type: /^\s*(?:export\s+)?const\s+\w+\s*=\s*t\.(?:enum|object|row)\(\s*['"](\w+)['"]/u,
    table: /^\s*(?:(?:export\s+)?const\s+)?(\w+)\s*[:=]\s*table\(/u,
    field: /^\s+(\w+)\s*:\s*(?!table\()/u,
    function: /^\s*export\s+const\s+(\w+)\s*=\s*(?!t\.|table\()/u,
    sum: /\bt\.enum\(/,
    variant: /^\s+(?:['"](\w+)['"]\s*,?|(\w+)\s*:.*)$/u,
    between: /^$/,
  },
];

/** The doc comments of a file, line by line, without understanding the rest; undefined for one in another language. */
export function scanDocComments(path: string, text: string): FileDocs | undefined {
  const syntax = syntaxes.find(({ ending }) => path.endsWith(ending));
  if (syntax === undefined || path.endsWith('.d.ts')) return undefined;
  const found: FileDocs = { types: new Map(), parts: new Map(), functions: new Map() };
  let container = { name: '', isSum: false };
  for (const { line, doc } of commentedLines(text, syntax.between)) {
    const named = nameIn(syntax.type, line) ?? (syntax.table === undefined ? undefined : nameIn(syntax.table, line));
    if (named !== undefined) {
      container = { name: toCamelCase(named), isSum: syntax.sum.test(line) };
      put(found.types, container.name, doc);
      continue;
    }
    const fn = nameIn(syntax.function, line);
    if (fn !== undefined) {
      put(found.functions, toCamelCase(fn), doc);
      continue;
    }
    const part = nameIn(container.isSum ? syntax.variant : syntax.field, line);
    if (part !== undefined && container.name !== '') put(found.parts, `${container.name}.${toCamelCase(part)}`, doc);
  }
  return found;
}

/** The lines that are no comments, each with the doc comment above it. */
function* commentedLines(text: string, between: RegExp): Generator<{ readonly line: string; readonly doc: string }> {
  let comment: string[] = [];
  let isInBlock = false;
  for (const line of text.split(/\r?\n/)) {
    const slashes = /^\s*\/\/\/(?!\/)\s?(.*)$/.exec(line)?.[1];
    const opening: string | undefined = isInBlock ? undefined : /^\s*\/\*\*(?!\/)(.*)$/.exec(line)?.[1];
    if (slashes !== undefined) {
      comment.push(slashes);
    } else if (isInBlock || opening !== undefined) {
      if (opening !== undefined) comment = [];
      const inner: string = opening ?? line.replace(/^\s*\*(?!\/)/, '');
      isInBlock = !inner.includes('*/');
      comment.push(inner.replace(/\*\/.*$/, ''));
    } else if (comment.length === 0 || !between.test(line)) {
      yield { line, doc: wordsOf(comment) };
      comment = [];
    }
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

/** The first word about something is taken. */
function put(docs: Map<string, string>, name: string, doc: string): void {
  if (doc !== '' && !docs.has(name)) docs.set(name, doc);
}
