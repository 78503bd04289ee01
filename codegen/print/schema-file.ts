import { type FunctionShape, type NamedShape, type TableShape } from '../../src/module-def/index.ts';
import { type Plan } from '../plan/plan.ts';
import { docComment, fileText, header, type ImportOptions, indented, lineWidth, type Place, quoted } from './text.ts';

/** The file that says what a server has to be like, for a client that is in doubt: all tables and functions, with those of submodules. */
export function schemaFile(plan: Plan, place: Place, { runtime }: ImportOptions): string {
  const plans = withSubmodules(plan);
  return fileText([
    header(place),
    [`import type * as $ from ${quoted(runtime)};`],
    [
      ...docComment(['What a server has to be like to fit this code. Loaded only when there is doubt about one.']),
      'export const schema: $.ModuleShape = {',
      ...indented([
        ...list(
          'tables: ',
          plans.flatMap(({ tables }) => tables).map(({ shape }) => tableText(shape)),
        ),
        ...list(
          'reducers: ',
          plans.flatMap(({ reducers }) => reducers).map(({ shape }) => functionText(shape)),
        ),
        ...list(
          'procedures: ',
          plans.flatMap(({ procedures }) => procedures).map(({ shape }) => functionText(shape)),
        ),
      ]),
      '};',
    ],
  ]);
}

function withSubmodules(plan: Plan): Plan[] {
  return [plan, ...plan.submodules.flatMap((inner) => withSubmodules(inner.plan))];
}

function tableText({ name, isEvent, key, columns }: TableShape): string[] {
  return [
    '{',
    `  name: ${quoted(name)},`,
    ...(isEvent === true ? ['  isEvent: true,'] : []),
    ...(key === undefined ? [] : [`  key: ${quoted(key)},`]),
    ...indented(namedList('columns: ', columns)),
    '},',
  ];
}

function functionText({ name, parameters, returns, isPrivate }: FunctionShape): string[] {
  return [
    '{',
    `  name: ${quoted(name)},`,
    ...indented(namedList('parameters: ', parameters)),
    ...(returns === undefined ? [] : [`  returns: ${quoted(returns)},`]),
    ...(isPrivate === true ? ['  isPrivate: true,'] : []),
    '},',
  ];
}

/** In one line where that is not too long, at the depth at which it stands. */
function namedList(before: string, named: readonly NamedShape[]): string[] {
  const items = named.map(([name, type]) => `[${quoted(name)}, ${quoted(type)}]`);
  const line = `${before}[${items.join(', ')}],`;
  return line.length + 6 <= lineWidth
    ? [line]
    : list(
        before,
        items.map((item) => [`${item},`]),
      );
}

function list(before: string, items: readonly (readonly string[])[]): string[] {
  return items.length === 0 ? [`${before}[],`] : [`${before}[`, ...indented(items.flat()), '],'];
}
