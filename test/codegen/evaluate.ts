import { compileFunction } from 'node:vm';
import { transformSync } from 'esbuild';
import * as bsatn from '../../src/bsatn/index.ts';
import { type Codec } from '../../src/bsatn/codec.ts';

/** What the file of types exports, with the real runtime: its text is stripped of types and run. */
export function evaluateTypes(text: string): ReadonlyMap<string, Codec<unknown>> {
  const { code } = transformSync(text, { loader: 'ts', format: 'cjs', target: 'es2022' });
  const module: { exports: object } = { exports: {} };
  compileFunction(code, ['require', 'module', 'exports'])(requireRuntime, module, module.exports);
  return new Map(Object.entries(module.exports));
}

function requireRuntime(specifier: string): typeof bsatn {
  if (specifier !== 'spacetimedb-signals/runtime') throw new Error(`generated code imports ${specifier}`);
  return bsatn;
}
