import { parametersHash } from '../../src/module-def/index.ts';
import { type FunctionPlan, type Plan, type ProcedurePlan, type ReducerPlan } from '../plan/plan.ts';
import { codecName } from '../plan/plan-types.ts';
import { submoduleMembers, submoduleProperties } from './submodules-text.ts';
import { braced, coreParameter, docComment, functionProperty, indented, quoted } from './text.ts';
import { codecText, type Naming, typeText } from './use-text.ts';

/** The constants that say what reducers and procedures are. */
export function functionDefinitions({ reducers, procedures }: Plan, naming: Naming): string[][] {
  return [
    ...reducers.map((reducer) =>
      definition(reducer, `$.ReducerDefinition<${argsType(reducer)}>`, 'reducer', [
        `  shape: ${quoted(parametersHash(reducer.shape))},`,
      ]),
    ),
    ...procedures.map((procedure) =>
      definition(
        procedure,
        `$.ProcedureDefinition<${argsType(procedure)}, ${typeText(procedure.returns, naming)}>`,
        'procedure',
        [`  returned: ${codecText(procedure.returns, '$types.')},`],
      ),
    ),
  ];
}

function definition(fn: FunctionPlan, type: string, what: string, more: readonly string[]): string[] {
  return [
    ...docComment([`The ${what} \`${fn.wireName}\`.`]),
    `export const ${fn.definition}: ${type} = {`,
    `  name: ${quoted(fn.wireName)},`,
    `  args: ${fn.args === undefined ? '$.unitCodec' : `$types.${codecName(fn.args)}`},`,
    ...more,
    '};',
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
    ...callProperties(reducer, 'callReducer'),
    `${reducer.listener}: (listener, options) => core.onReducer(${reducer.definition}, listener, options),`,
  ];
}

function reducerMembers(reducer: ReducerPlan): string[] {
  const { wireName, accessor, listener, alias } = reducer;
  const args = argsType(reducer);
  const parameters = callParameters(reducer, '$.ReducerCallOptions');
  return [
    ...docComment([`Calls the reducer \`${wireName}\`.`]),
    ...functionProperty(accessor, parameters, 'Promise<$.TransactionResult>'),
    ...deprecated(alias, accessor, parameters, 'Promise<$.TransactionResult>'),
    ...docComment([
      `Calls \`listener\` after each call of \`${wireName}\` by this client that was answered, failed ones too.`,
    ]),
    ...functionProperty(
      listener,
      [`listener: (context: $.ReducerContext, args: ${args}) => void`, 'options?: $.ListenerOptions'],
      '$.Unsubscribe',
    ),
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
            ...procedures.flatMap((procedure) => callProperties(procedure, 'callProcedure')),
            ...submoduleProperties(submodules, 'procedures'),
          ],
          ';',
        ),
      ),
      '}',
    ],
  ];
}

function procedureMembers(procedure: ProcedurePlan, naming: Naming): string[] {
  const { wireName, accessor, alias, returns } = procedure;
  const parameters = callParameters(procedure, '$.CallOptions');
  const returned = `Promise<${typeText(returns, naming)}>`;
  return [
    ...docComment([`Calls the procedure \`${wireName}\`.`]),
    ...functionProperty(accessor, parameters, returned),
    ...deprecated(alias, accessor, parameters, returned),
  ];
}

function callParameters(fn: FunctionPlan, options: string): string[] {
  return [...(fn.args === undefined ? [] : [`args: ${argsType(fn)}`]), `options?: ${options}`];
}

function deprecated(
  alias: string | undefined,
  accessor: string,
  parameters: readonly string[],
  returned: string,
): string[] {
  if (alias === undefined) return [];
  return [...docComment([`@deprecated Use \`${accessor}\`.`]), ...functionProperty(alias, parameters, returned)];
}

function callProperties({ accessor, alias, args, definition: of }: FunctionPlan, method: string): string[] {
  const call =
    args === undefined
      ? `(options) => core.${method}(${of}, {}, options)`
      : `(args, options) => core.${method}(${of}, args, options)`;
  return [accessor, ...(alias === undefined ? [] : [alias])].map((name) => `${name}: ${call},`);
}
