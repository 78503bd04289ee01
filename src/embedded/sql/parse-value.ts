import { type Cursor } from './cursor.ts';
import { printQuoted } from './print.ts';
import { type Expression } from './syntax.ts';
import { type StringForm } from './token.ts';

/** Reads a literal or a parameter. Throws an {@link SqlError} for anything else. */
export function parseValue(cursor: Cursor): Expression {
  const token = cursor.next();
  switch (token.kind) {
    case 'number':
      return {
        kind: 'literal',
        literal: { kind: 'number', raw: token.digits },
        text: token.isLong ? `${token.digits}L` : token.digits,
      };
    case 'string':
      return stringLiteral(token.form, token.value, token.tag);
    case 'placeholder':
      return placeholder(token.name);
    case 'word':
      if (token.keyword === 'TRUE') return { kind: 'literal', literal: { kind: 'boolean', value: true }, text: 'true' };
      if (token.keyword === 'FALSE')
        return { kind: 'literal', literal: { kind: 'boolean', value: false }, text: 'false' };
      if (token.keyword === 'NULL') return { kind: 'literal', literal: { kind: 'unsupported' }, text: 'NULL' };
      return cursor.expected('a concrete value', token);
    case 'symbol':
      if (token.symbol === ':') return placeholder(`:${cursor.identifier().name}`);
      return cursor.expected('a value', token);
    case 'end':
      return cursor.expected('a value', token);
  }
}

function placeholder(name: string): Expression {
  return { kind: 'literal', literal: { kind: 'placeholder', name }, text: name };
}

function stringLiteral(form: StringForm, value: string, tag: string): Expression {
  switch (form) {
    case 'single':
      return { kind: 'literal', literal: { kind: 'string', raw: value }, text: printQuoted(value, "'") };
    case 'hex':
      return { kind: 'literal', literal: { kind: 'hex', raw: value }, text: `X'${value}'` };
    case 'national':
      return unsupportedString(`N'${value}'`);
    case 'escaped':
      return unsupportedString(`E'${escapeControls(value)}'`);
    case 'dollar':
      return unsupportedString(`$${tag}$${value}$${tag}$`);
  }
}

function unsupportedString(text: string): Expression {
  return { kind: 'literal', literal: { kind: 'unsupported' }, text };
}

function escapeControls(value: string): string {
  return value.replaceAll(/['\\]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\t', '\\t').replaceAll('\r', '\\r');
}
