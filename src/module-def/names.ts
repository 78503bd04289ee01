/** How a module's names are turned into canonical ones: not at all, or to snake_case columns, tables and functions. */
export type CaseConversionPolicy = 'None' | 'SnakeCase';

/** Words in lower case joined by `_`: the canonical form of tables, columns and functions. */
export function toSnakeCase(name: string): string {
  return wordsOf(name)
    .map((word) => word.toLowerCase())
    .join('_');
}

/** The first word in lower case, the others capitalised: the canonical form of variants, and the properties of generated code. */
export function toCamelCase(name: string): string {
  return wordsOf(name)
    .map((word, index) => (index === 0 ? word.toLowerCase() : capitalize(word)))
    .join('');
}

/** All words capitalised: the canonical form of types. Not idempotent: `A_B_C` becomes `ABC`, and that `Abc`. */
export function toPascalCase(name: string): string {
  return wordsOf(name).map(capitalize).join('');
}

/** Whether `name` is an identifier of a module: `_` or a letter, then letters, digits and `_`, in Unicode's sense, and NFC. */
export function isIdentifier(name: string): boolean {
  return /^[_\p{XIDS}]\p{XIDC}*$/u.test(name) && name.normalize('NFC') === name;
}

function capitalize(word: string): string {
  const [first = ''] = word;
  return first.toUpperCase() + word.slice(first.length).toLowerCase();
}

type CharacterClass = 'delimiter' | 'digit' | 'upper' | 'lower' | 'other';

function classOf(grapheme: string): CharacterClass {
  if (grapheme === '_' || grapheme === '-' || grapheme === ' ') return 'delimiter';
  if (/^[0-9]$/.test(grapheme)) return 'digit';
  const lower = grapheme.toLowerCase();
  const upper = grapheme.toUpperCase();
  if (lower === upper) return 'other';
  if (grapheme === upper) return 'upper';
  return grapheme === lower ? 'lower' : 'other';
}

const boundaries: ReadonlySet<string> = new Set([
  'lower|upper',
  'upper|digit',
  'digit|upper',
  'digit|lower',
  'lower|digit',
]);

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** The words of a name: what stands between delimiters, parted where the class of characters changes. */
function wordsOf(name: string): readonly string[] {
  const graphemes = Array.from(segmenter.segment(name), ({ segment }) => segment);
  const classes = graphemes.map(classOf);
  const words: string[] = [];
  let word = '';
  for (const [index, grapheme] of graphemes.entries()) {
    const current = classes[index];
    if (current === 'delimiter' || startsWord(classes, index)) {
      if (word !== '') words.push(word);
      word = '';
    }
    if (current !== 'delimiter') word += grapheme;
  }
  if (word !== '') words.push(word);
  return words;
}

/** `HTTPServer` is HTTP and Server: the last upper case letter before a lower case one begins a word. */
function startsWord(classes: readonly CharacterClass[], index: number): boolean {
  const before = classes[index - 1];
  const current = classes[index];
  if (boundaries.has(`${before}|${current}`)) return true;
  return before === 'upper' && current === 'upper' && classes[index + 1] === 'lower';
}
