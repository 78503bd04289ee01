import { parametersHash } from '../../src/module-def/index.ts';
import { type FunctionPlan, type Plan, type ProcedurePlan, type ReducerPlan } from '../plan/plan.ts';
import { codecName } from '../plan/plan-types.ts';
import { submoduleMembers, submoduleProperties } from './submodules-text.ts';
import { braced, coreParameter, docComment, indented, quoted } from './text.ts';
import { codecText, type Naming, typeText } from './use-text.ts';

/** The constants that say what reducers and procedures are. */
export function functionDefinitions({ reducers, procedures }: Plan, naming: Naming): string[][] {
  return [
    ...reducers.map((reducer) =>
      definition(reducer, 'Reducer', argsType(reducer), [`  shape: ${quoted(parametersHash(reducer.shape))},`]),
    ),
    ...procedures.map((procedure) =>
      definition(procedure, 'Procedure', `${argsType(procedure)}, ${typeText(procedure.returns, naming)}`, [
        `  returned: ${codecText(procedure.returns, '$types.')},`,
      ]),
    ),
  ];
}

function definition(fn: FunctionPlan, what: 'Reducer' | 'Procedure', types: string, more: readonly string[]): string[] {
  return [
    ...docComment([`The ${what.toLowerCase()} \`${fn.wireName}\`.`, ...fn.doc]),
    `export const ${fn.definition}: $.${what}Definition<${types}> = /*@__PURE__*/ new $.${what}Definition({`,
    `  name: ${quoted(fn.wireName)},`,
    `  args: ${fn.args === undefined ? '$.unitCodec' : `$types.${codecName(fn.args)}`},`,
    ...more,
    '});',
  ];
}

function argsType({ args }: FunctionPlan): string {
  return args === undefined ? '$.Unit' : `$types.${args}`;
}

/** The interface of the reducers, and the function that makes them. */
export function reducersText({ reducers, submodules }: Plan, maker: string): string[][] {
  return [
    [
      ...docComment(['The reducers that clients may call.']),
      ...braced('export interface Reducers ', [
        ...reducers.flatMap(reducerMembers),
        ...submoduleMembers(submodules, 'reducers'),
      ]),
    ],
    [
      `${maker} new$Reducers(${coreParameter([...reducers, ...submodules])}): Reducers {`,
      ...(reducers.length === 0
        ? []
        : ['  core.addReducers([', ...reducers.map(({ definition: name }) => `    ${name},`), '  ]);']),
      ...indented(
        braced(
          'return ',
          [...reducers.flatMap(reducerProperties), ...submoduleProperties(submodules, 'reducers')],
          ';',
        ),
      ),
      '}',
    ],
  ];
}

function reducerProperties(reducer: ReducerPlan): string[] {
  return [
    ...callProperties(reducer, 'core.callReducer('),
    `${reducer.listener}: (listener, options) => core.onReducer(${reducer.definition}, listener, options),`,
  ];
}

function reducerMembers({ wireName, accessor, listener, alias, args, doc }: ReducerPlan): string[] {
  const type = args === undefined ? '$.ReducerCallWithoutArgs' : `$.ReducerCall<$types.${args}>`;
  return [
    ...docComment([`Calls the reducer \`${wireName}\`.`, ...doc]),
    `readonly ${accessor}: ${type};`,
    ...deprecated(alias, accessor, type),
    ...docComment([
      `Calls a listener after each call of \`${wireName}\` by this client that was answered, failed ones too.`,
    ]),
    `readonly ${listener}: $.OnReducer<${args === undefined ? '$.Unit' : `$types.${args}`}>;`,
  ];
}

/** The interface of the procedures, and the function that makes them. */
export function proceduresText({ procedures, submodules }: Plan, naming: Naming, maker: string): string[][] {
  return [
    [
      ...docComment(['The procedures that clients may call.']),
      ...braced('export interface Procedures ', [
        ...procedures.flatMap((procedure) => procedureMembers(procedure, naming)),
        ...submoduleMembers(submodules, 'procedures'),
      ]),
    ],
    [
      `${maker} new$Procedures(${coreParameter([...procedures, ...submodules])}): Procedures {`,
      ...indented(
        braced(
          'return ',
          [
            ...procedures.flatMap((procedure) => callProperties(procedure, '$.callProcedure(core, ')),
            ...submoduleProperties(submodules, 'procedures'),
          ],
          ';',
        ),
      ),
      '}',
    ],
  ];
}

function procedureMembers({ wireName, accessor, alias, args, returns, doc }: ProcedurePlan, naming: Naming): string[] {
  const returned = typeText(returns, naming);
  const type =
    args === undefined ? `$.ProcedureCallWithoutArgs<${returned}>` : `$.ProcedureCall<$types.${args}, ${returned}>`;
  return [
    ...docComment([`Calls the procedure \`${wireName}\`.`, ...doc]),
    `readonly ${accessor}: ${type};`,
    ...deprecated(alias, accessor, type),
  ];
}

function deprecated(alias: string | undefined, accessor: string, type: string): string[] {
  if (alias === undefined) return [];
  return [...docComment([`@deprecated Use \`${accessor}\`.`]), `readonly ${alias}: ${type};`];
}

/** `opening`: what calls it, up to the first argument that says which. */
function callProperties({ accessor, alias, args, definition: of }: FunctionPlan, opening: string): string[] {
  const call =
    args === undefined
      ? `(options) => ${opening}${of}, {}, options)`
      : `(args, options) => ${opening}${of}, args, options)`;
  return [accessor, ...(alias === undefined ? [] : [alias])].map((name) => `${name}: ${call},`);
}
