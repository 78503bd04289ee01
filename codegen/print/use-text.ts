import { type PrimitiveTag } from '../../src/bsatn/algebraic-type.ts';
import { specialNames } from '../../src/bsatn/type-parts.ts';
import { codecName } from '../plan/plan-types.ts';
import { type Use } from '../plan/use.ts';

const typescriptTypes: Readonly<Record<PrimitiveTag, string>> = {
  String: 'string',
  Bool: 'boolean',
  I8: 'number',
  U8: 'number',
  I16: 'number',
  U16: 'number',
  I32: 'number',
  U32: 'number',
  I64: 'bigint',
  U64: 'bigint',
  I128: 'bigint',
  U128: 'bigint',
  I256: 'bigint',
  U256: 'bigint',
  F32: 'number',
  F64: 'number',
};

/** How the text of a use names what is declared elsewhere. */
export interface Naming {
  /** What stands before the name of a declared type: nothing where it is declared, `$types.` elsewhere. */
  readonly prefix: string;
  /** `Uint8Array`, or a longer way to say it where the module declares a type of that name. */
  readonly bytes: string;
}

/** The TypeScript type of a value. */
export function typeText(use: Use, naming: Naming): string {
  switch (use.kind) {
    case 'primitive':
      return typescriptTypes[use.tag];
    case 'bytes':
      return naming.bytes;
    case 'unit':
      return '$.Unit';
    case 'never':
      return 'never';
    case 'special':
      return `$.${use.type}`;
    case 'named':
      return naming.prefix + use.name;
    case 'array': {
      const element = typeText(use.element, naming);
      return use.element.kind === 'array' || use.element.kind === 'option'
        ? `readonly (${element})[]`
        : `readonly ${element}[]`;
    }
    case 'option': {
      const some = typeText(use.some, naming);
      return use.some.kind === 'option' ? `{ readonly some: ${some} } | ${use.none}` : `${some} | ${use.none}`;
    }
    case 'result':
      return `$.Result<${typeText(use.ok, naming)}, ${typeText(use.err, naming)}>`;
  }
}

/** An expression for the codec of a use; a bundler may drop it. */
export function codecText(use: Use, prefix: string): string {
  switch (use.kind) {
    case 'primitive':
      return `$.${use.tag.toLowerCase()}Codec`;
    case 'bytes':
      return '$.bytesCodec';
    case 'unit':
      return '$.unitCodec';
    case 'never':
      return `${prefix}$neverCodec`;
    case 'special':
      return `$.${codecName(use.type)}`;
    case 'named':
      return prefix + codecName(use.name);
    case 'array':
      return pureCall('arrayOf', codecText(use.element, prefix));
    case 'option':
      return pureCall(optionCodec(use), codecText(use.some, prefix));
    case 'result':
      return pureCall('resultOf', codecText(use.ok, prefix), codecText(use.err, prefix));
  }
}

function optionCodec({ some, none }: Use & { readonly kind: 'option' }): string {
  if (none === 'null') return some.kind === 'option' ? 'nestedNullableOf' : 'nullableOf';
  return some.kind === 'option' ? 'nestedOptionOf' : 'optionOf';
}

function pureCall(name: string, ...args: readonly string[]): string {
  return `/*@__PURE__*/ $.${name}(${args.join(', ')})`;
}

/** A name for a use that is made of others, for the functions that read and write it: `Array$Array$String`. */
export function useKey(use: Use): string {
  switch (use.kind) {
    case 'primitive':
      return use.tag;
    case 'bytes':
      return 'Bytes';
    case 'unit':
      return 'Unit';
    case 'never':
      return '$Never';
    case 'special':
      return use.type;
    case 'named':
      // `$` is in no name of a module.
      return ownKeys.has(use.name) ? `$$${use.name}` : use.name;
    case 'array':
      return `Array$${useKey(use.element)}`;
    case 'option':
      return `Option$${useKey(use.some)}`;
    case 'result':
      return `Result$${useKey(use.ok)}$${useKey(use.err)}`;
  }
}

/** What keys are made of besides names of the module, which may declare a type of such a name. */
const ownKeys: ReadonlySet<string> = new Set(
  Object.keys(typescriptTypes).concat(['Bytes', 'Unit', 'Array', 'Option', 'Result'], Object.values(specialNames)),
);
