import { readFileSync } from 'node:fs';
import {
  type FunctionCall,
  type HostFactory,
  type HostOps,
  ModuleTrap,
  type ReducerReturn,
  type ViewCall,
  type ViewReturn,
} from '../../src/embedded/module-host.ts';
import { describeWasm } from '../../src/embedded/wasm/describe.ts';
import { moduleFromBsatn } from '../../src/module-def/index.ts';
import { referenceWasm } from './golden/reference-schema.ts';

/** What functions of the reference module do instead of what they are written to do. What is not given succeeds and does nothing. */
export interface Script {
  readonly reducers?: Readonly<Record<string, (ops: HostOps, call: FunctionCall) => ReducerReturn | undefined>>;
  readonly procedures?: Readonly<Record<string, (ops: HostOps, call: FunctionCall) => Uint8Array>>;
  readonly views?: Readonly<Record<string, (ops: HostOps, call: ViewCall) => ViewReturn>>;
}

const noRows: ViewReturn = { tag: 'rows', rows: new Uint8Array(4) };

/** A host with the tables of the reference module, whose functions are written in the test. What they throw is a trap. */
export function scriptedHost(script: Script): HostFactory {
  return async (ops) => {
    const definition = await describeWasm(readFileSync(referenceWasm));
    const module = moduleFromBsatn(definition);
    return {
      definition,
      callReducer: (call) => {
        const reducer = script.reducers?.[module.reducers[call.id]?.name.canonical ?? ''];
        return run(() => reducer?.(ops, call)) ?? { tag: 'ok' };
      },
      callProcedure: (call, { within }) => {
        const procedure = script.procedures?.[module.procedures[call.id]?.name.canonical ?? ''];
        return within(() => run(() => procedure?.(ops, call))) ?? new Uint8Array();
      },
      callView: (call) => {
        const isAnonymous = call.sender === undefined;
        const model = module.views.find((view) => view.index === call.id && view.isAnonymous === isAnonymous);
        const view = script.views?.[model?.name.canonical ?? ''];
        return run(() => view?.(ops, call)) ?? noRows;
      },
    };
  };
}

function run<T>(call: () => T): T {
  try {
    return call();
  } catch (cause) {
    throw new ModuleTrap(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
