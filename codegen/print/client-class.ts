import { type Plan, type TablePlan } from '../plan/plan.ts';
import { submoduleMembers } from './submodules-text.ts';
import { docComment, type ImportOptions, indented, quoted } from './text.ts';

/** The class of the client. */
export function clientClass({ tables, submodules }: Plan, hash: string, { extension }: ImportOptions): string[][] {
  const direct = tables.filter(({ isOnClient }) => isOnClient);
  const inner = submodules.filter(({ isOnClient }) => isOnClient);
  return [
    [
      ...docComment(['The client of the module: its tables as signals, its reducers and procedures as methods.']),
      'export class SpacetimeDbClient extends $.Client {',
      ...docComment(['Every table and view, also those whose name the client has for something else.'], '  '),
      '  readonly tables: Tables;',
      '  readonly reducers: Reducers;',
      '  readonly procedures: Procedures;',
      ...direct.flatMap((table) => [
        ...docComment(table.doc, '  '),
        `  readonly ${table.accessor}: ${memberType(table)};`,
      ]),
      ...indented(submoduleMembers(inner, 'tables')),
      '',
      ...docComment(['Clients are made by `SpacetimeDbClient.create`.'], '  '),
      '  constructor(core: $.ClientCore) {',
      '    super(core);',
      '    this.tables = new$Tables(core);',
      '    this.reducers = new$Reducers(core);',
      '    this.procedures = new$Procedures(core);',
      ...direct.map((table) => `    this.${table.accessor} = ${memberValue(table)};`),
      ...inner.map(({ accessors }) => `    this.${accessors.tables} = this.tables.${accessors.tables};`),
      '  }',
      '',
      ...docComment(['Makes a client: loads what was stored, and uses no network before `connect`.'], '  '),
      '  static create(options: $.ClientOptions): Promise<SpacetimeDbClient> {',
      '    const module = {',
      `      hash: ${quoted(hash)},`,
      `      schema: () => import(${quoted(`./schema${extension}`)}),`,
      '    };',
      '    return $.createClient(options, module, (core) => new SpacetimeDbClient(core));',
      '  }',
      '}',
    ],
  ];
}

function memberType({ relation, handle, row }: TablePlan): string {
  return relation === 'option' ? `$.ReadonlySignal<$types.${row} | undefined>` : handle;
}

function memberValue({ relation, accessor }: TablePlan): string {
  return relation === 'option'
    ? `$.singleRow(this.tables.${accessor}, { required: false })`
    : `this.tables.${accessor}`;
}
