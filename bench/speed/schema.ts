/** The schemas of the benches, as a server would answer them. */

type Json = string | number | boolean | readonly Json[] | { readonly [name: string]: Json };

const column = (name: string, type: string): Json => ({
  name: { some: name },
  algebraic_type: { [type]: [] },
});

const timestamp: Json = {
  Product: {
    elements: [{ name: { some: '__timestamp_micros_since_unix_epoch__' }, algebraic_type: { I64: [] } }],
  },
};

const playerColumns: readonly Json[] = [
  column('id', 'U32'),
  column('name', 'String'),
  column('x', 'F32'),
  column('y', 'F32'),
  column('z', 'F32'),
  column('hp', 'I32'),
  column('score', 'U64'),
  { name: { some: 'last_seen' }, algebraic_type: timestamp },
];

const unit: Json = { Product: { elements: [] } };

/** A module with these tables, each like `player`: a primary key `id` and a btree index on `hp`. Each has a reducer that moves one row. */
export function schemaOf(tables: readonly string[]): string {
  return JSON.stringify({
    sections: [
      { Typespace: { types: tables.map(() => ({ Product: { elements: playerColumns } })) } },
      {
        Types: tables.map((name, ref) => ({
          source_name: { scope: [], source_name: pascalCase(name) },
          ty: ref,
          custom_ordering: true,
        })),
      },
      { Tables: tables.map(tableOf) },
      { Reducers: tables.map(moveReducer) },
    ],
  });
}

function tableOf(name: string, ref: number): Json {
  return {
    source_name: name,
    product_type_ref: ref,
    primary_key: [0],
    indexes: [indexOf(name, 'id', 0), indexOf(name, 'hp', 5)],
    constraints: [{ source_name: { some: `${name}_id_key` }, data: { Unique: { columns: [0] } } }],
    sequences: [],
    table_type: { User: [] },
    table_access: { Public: [] },
    default_values: [],
    is_event: false,
  };
}

function indexOf(table: string, name: string, position: number): Json {
  return {
    source_name: { some: `${table}_${name}_idx_btree` },
    accessor_name: { some: name },
    algorithm: { BTree: [position] },
  };
}

function moveReducer(table: string): Json {
  return {
    source_name: `move_${table}`,
    params: { elements: [column('id', 'U32'), column('x', 'F32'), column('y', 'F32'), column('z', 'F32')] },
    visibility: { ClientCallable: [] },
    ok_return_type: unit,
    err_return_type: { String: [] },
  };
}

function pascalCase(name: string): string {
  return name.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
