/**
 * How the values of a type on the server stand to those of the same type in the generated code:
 *
 * ```text
 * same       they have the same bytes, names and meaning
 * fewer      a sum has lost its last variants on the server: all it has can be read
 * more       a sum has gained variants at its end: what the code knows of them can be read
 * mixed      one of the two in one place, the other in another
 * other      the same bytes may be something else
 * ```
 */
export type TypeFit = 'same' | 'fewer' | 'more' | 'mixed' | 'other';

/** Whether everything that the server sends as a type can be read as what the code has for it. */
export function canRead(fit: TypeFit): boolean {
  return fit === 'same' || fit === 'fewer';
}

/** Whether everything that the code sends as a type can be read by the server. */
export function canWrite(fit: TypeFit): boolean {
  return fit === 'same' || fit === 'more';
}

/** Compares two types by their texts: those of `TypeTexts`. Types that contain themselves, and texts that end in a hash, fit as a whole or not at all. */
export function typeFit(actual: string, expected: string): TypeFit {
  if (actual === expected) return 'same';
  if (isOpaque(actual) || isOpaque(expected)) return 'other';
  return treeFit(treeOf(actual), treeOf(expected));
}

function isOpaque(text: string): boolean {
  return text.includes('^') || text.includes('#');
}

/** A type as it is written: `Option<…>` is a node with the name `Option` and one part, which has no name. */
interface TypeTree {
  readonly kind: 'product' | 'sum' | 'named';
  /** Empty for products and sums. */
  readonly name: string;
  readonly parts: readonly { readonly name: string; readonly type: TypeTree | undefined }[];
}

function treeFit(actual: TypeTree | undefined, expected: TypeTree | undefined): TypeFit {
  if (actual === undefined || expected === undefined) return actual === expected ? 'same' : 'other';
  if (actual.kind !== expected.kind || actual.name !== expected.name) return 'other';
  const difference = actual.parts.length - expected.parts.length;
  // Nothing in parentheses is the unit, which is no sum.
  const isUnit = actual.parts.length === 0 || expected.parts.length === 0;
  if (difference !== 0 && (actual.kind !== 'sum' || isUnit)) return 'other';
  let fit: TypeFit = difference === 0 ? 'same' : difference > 0 ? 'more' : 'fewer';
  for (const [index, part] of expected.parts.entries()) {
    const there = actual.parts[index];
    if (there === undefined) break;
    if (there.name !== part.name) return 'other';
    fit = bothFits(fit, treeFit(there.type, part.type));
  }
  return fit;
}

function bothFits(left: TypeFit, right: TypeFit): TypeFit {
  if (left === right || right === 'same') return left;
  if (left === 'same') return right;
  return left === 'other' || right === 'other' ? 'other' : 'mixed';
}

/**
 * Reads the text of a type:
 *
 * ```text
 * type     product | sum | name [ '<' type { ', ' type } '>' ] | '()'
 * product  '{ ' name ': ' type { ', ' name ': ' type } ' }'
 * sum      '(' name [ ': ' type ] { ' | ' name [ ': ' type ] } ')'          '(none)' has no variants
 * ```
 */
function treeOf(text: string): TypeTree {
  const tokens = text.match(/[^\s(){}<>|:,]+|[(){}<>|:,]/g) ?? [];
  let next = 0;
  const takes = (token: string): boolean => {
    if (tokens[next] !== token) return false;
    next++;
    return true;
  };
  const list = <Part>(end: string, separator: string, part: () => Part): Part[] => {
    const parts: Part[] = [];
    while (!takes(end) && next < tokens.length) {
      parts.push(part());
      takes(separator);
    }
    return parts;
  };
  const namedPart = (): TypeTree['parts'][number] => {
    const name = tokens[next++] ?? '';
    return { name, type: takes(':') ? type() : undefined };
  };
  const type = (): TypeTree => {
    if (takes('{')) return { kind: 'product', name: '', parts: list('}', ',', namedPart) };
    if (takes('(')) return { kind: 'sum', name: '', parts: list(')', '|', namedPart) };
    const name = tokens[next++] ?? '';
    const parts = takes('<') ? list('>', ',', () => ({ name: '', type: type() })) : [];
    return { kind: 'named', name, parts };
  };
  return type();
}
