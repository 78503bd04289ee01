import { type AlgebraicType, type NamedType, type PrimitiveTag } from '../../src/bsatn/algebraic-type.ts';
import { fromHex } from '../../src/bsatn/bytes.ts';
import { BsatnWriter } from '../../src/bsatn/writer.ts';

// The type of a module definition, as a type itself: what BSATN of a definition is can be said independently of the reader under test.

const typespace: AlgebraicType[] = [];

const product = (elements: Readonly<Record<string, AlgebraicType>>): AlgebraicType => ({
  tag: 'Product',
  elements: named(elements),
});
const sum = (variants: Readonly<Record<string, AlgebraicType>>): AlgebraicType => ({
  tag: 'Sum',
  variants: named(variants),
});
const named = (parts: Readonly<Record<string, AlgebraicType>>): NamedType[] =>
  Object.entries(parts).map(([name, type]) => ({ name, type }));
const list = (element: AlgebraicType): AlgebraicType => ({ tag: 'Array', element });
const unit = product({});
const option = (some: AlgebraicType): AlgebraicType => sum({ some, none: unit });
const enumeration = (...names: readonly string[]): AlgebraicType =>
  sum(Object.fromEntries(names.map((name) => [name, unit])));
const define = (type: AlgebraicType): AlgebraicType => ({ tag: 'Ref', ref: typespace.push(type) - 1 });
const primitive = (tag: PrimitiveTag): AlgebraicType => ({ tag });

const string = primitive('String');
const bool = primitive('Bool');
const u16 = primitive('U16');
const u32 = primitive('U32');
const i128 = primitive('I128');
const bytes = list(primitive('U8'));
const primitiveTags: readonly PrimitiveTag[] = [
  'String',
  'Bool',
  'I8',
  'U8',
  'I16',
  'U16',
  'I32',
  'U32',
  'I64',
  'U64',
  'I128',
  'U128',
  'I256',
  'U256',
  'F32',
  'F64',
];

const algebraicTypeRef: AlgebraicType = { tag: 'Ref', ref: 0 };
const namedType = product({ name: option(string), algebraic_type: algebraicTypeRef });
const elements = product({ elements: list(namedType) });
const algebraicType = define(
  sum({
    Ref: u32,
    Sum: product({ variants: list(namedType) }),
    Product: elements,
    Array: algebraicTypeRef,
    ...Object.fromEntries(primitiveTags.map((tag) => [tag, unit])),
  }),
);

const algorithm = sum({ BTree: list(u16), Hash: list(u16), Direct: u16 });
const constraint = sum({ Unique: product({ columns: list(u16) }) });
const tableType = enumeration('System', 'User');
const tableAccess = enumeration('Public', 'Private');
const visibility = enumeration('Private', 'ClientCallable');
const lifecycle = enumeration('Init', 'OnConnect', 'OnDisconnect');
const rowLevelSecurity = list(product({ sql: string }));

const tableParts = (name: string): Readonly<Record<string, AlgebraicType>> => ({
  [name]: string,
  product_type_ref: u32,
  primary_key: list(u16),
  indexes: list(
    product({ [name === 'name' ? 'name' : 'source_name']: option(string), accessor_name: option(string), algorithm }),
  ),
  constraints: list(product({ [name]: option(string), data: constraint })),
  sequences: list(
    product({
      [name]: option(string),
      column: u16,
      start: option(i128),
      min_value: option(i128),
      max_value: option(i128),
      increment: i128,
    }),
  ),
});
const callable = { params: elements };
const view = (name: string): AlgebraicType =>
  product({ [name]: string, index: u32, is_public: bool, is_anonymous: bool, ...callable, return_type: algebraicType });

const v9 = product({
  typespace: product({ types: list(algebraicType) }),
  tables: list(
    product({
      ...tableParts('name'),
      schedule: option(product({ name: option(string), reducer_name: string, scheduled_at_column: u16 })),
      table_type: tableType,
      table_access: tableAccess,
    }),
  ),
  reducers: list(product({ name: string, ...callable, lifecycle: option(lifecycle) })),
  types: list(product({ name: product({ scope: list(string), name: string }), ty: u32, custom_ordering: bool })),
  misc_exports: list(
    sum({
      ColumnDefaultValue: product({ table: string, col_id: u16, value: bytes }),
      Procedure: product({ name: string, ...callable, return_type: algebraicType }),
      View: view('name'),
    }),
  ),
  row_level_security: rowLevelSecurity,
});

const v10Ref: AlgebraicType = { tag: 'Ref', ref: 1 };
const explicitName = product({ source_name: string, canonical_name: string });
const v10 = define(
  product({
    sections: list(
      sum({
        Typespace: product({ types: list(algebraicType) }),
        Types: list(
          product({
            source_name: product({ scope: list(string), source_name: string }),
            ty: u32,
            custom_ordering: bool,
          }),
        ),
        Tables: list(
          product({
            ...tableParts('source_name'),
            table_type: tableType,
            table_access: tableAccess,
            default_values: list(product({ col_id: u16, value: bytes })),
            is_event: bool,
          }),
        ),
        Reducers: list(
          product({
            source_name: string,
            ...callable,
            visibility,
            ok_return_type: algebraicType,
            err_return_type: algebraicType,
          }),
        ),
        Procedures: list(product({ source_name: string, ...callable, return_type: algebraicType, visibility })),
        Views: list(view('source_name')),
        Schedules: list(
          product({ source_name: option(string), table_name: string, schedule_at_col: u16, function_name: string }),
        ),
        LifeCycleReducers: list(product({ lifecycle_spec: lifecycle, function_name: string })),
        RowLevelSecurity: rowLevelSecurity,
        CaseConversionPolicy: enumeration('None', 'SnakeCase'),
        ExplicitNames: product({
          entries: list(sum({ Table: explicitName, Function: explicitName, Index: explicitName })),
        }),
        HttpHandlers: list(product({ source_name: string })),
        HttpRoutes: list(
          product({
            handler_function: string,
            method: sum({
              Any: unit,
              Method: sum({
                Get: unit,
                Head: unit,
                Post: unit,
                Put: unit,
                Delete: unit,
                Connect: unit,
                Options: unit,
                Trace: unit,
                Patch: unit,
                Extension: string,
              }),
            }),
            path: string,
          }),
        ),
        ViewPrimaryKeys: list(product({ view_source_name: string, columns: list(string) })),
        Submodules: list(product({ namespace: string, module: v10Ref })),
      }),
    ),
  }),
);

/** BSATN of a definition that is given as the JSON of the schema endpoint. */
export function rawModuleDefBsatn(json: string, version: 9 | 10): Uint8Array {
  const writer = new BsatnWriter();
  writer.u8(version === 9 ? 1 : 2);
  write(writer, version === 9 ? v9 : v10, JSON.parse(json));
  return writer.finish();
}

function write(writer: BsatnWriter, type: AlgebraicType, value: unknown): void {
  switch (type.tag) {
    case 'Ref':
      return write(writer, typespace[type.ref] ?? unit, value);
    case 'Product':
      for (const { name, type: part } of type.elements) write(writer, part, field(value, name ?? ''));
      return undefined;
    case 'Sum': {
      const [key = ''] = Object.keys(Object(value));
      const tag = type.variants.findIndex(({ name }) => name === key);
      writer.u8(tag);
      const variant = type.variants[tag];
      if (variant === undefined) throw new Error(`no variant ${key}`);
      return variant.type === unit ? undefined : write(writer, variant.type, field(value, key));
    }
    case 'Array': {
      if (type === bytes) return writer.byteArray(fromHex(String(value)));
      if (!Array.isArray(value)) throw new Error(`no list: ${JSON.stringify(value)}`);
      writer.u32(value.length);
      for (const item of value) write(writer, type.element, item);
      return undefined;
    }
    case 'String':
      return writer.string(String(value));
    case 'Bool':
      return writer.bool(value === true);
    case 'U16':
      return writer.u16(Number(value));
    case 'U32':
      return writer.u32(Number(value));
    case 'I128':
      return writer.i128(BigInt(Number(value)));
    default:
      throw new Error(`a definition has no ${type.tag}`);
  }
}

function field(value: unknown, name: string): unknown {
  const found = Object.getOwnPropertyDescriptor(Object(value), name);
  if (found === undefined) throw new Error(`no field ${name} in ${JSON.stringify(value)}`);
  return found.value;
}
