import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createContext, Script } from 'node:vm';

/** What a program that was evaluated in a realm of its own exports. */
export type Exports = Readonly<Record<string, unknown>>;

/**
 * Evaluates a bundled CommonJS program in a realm of its own, as jest does with each file of tests: with the globals of Node, but with an `Error`, `Promise`, `Map` …
 * that is not Node's, so that `instanceof` fails for what Node throws and returns. Of `shared` there is one for both, which jest does with bytes.
 */
export function evaluateInForeignRealm(file: string, shared: readonly ('ArrayBuffer' | 'Uint8Array')[]): Exports {
  const context = createContext({});
  const known = new Set<PropertyKey>(new Script('Reflect.ownKeys(globalThis)').runInContext(context));
  for (const name of Reflect.ownKeys(globalThis)) {
    const isShared = shared.some((one) => one === name);
    if (!isShared && (known.has(name) || name === 'globalThis')) continue;
    const property = Object.getOwnPropertyDescriptor(globalThis, name);
    if (property !== undefined) Object.defineProperty(context, name, { ...property, configurable: true });
  }
  // New realms lack those of Node 20; jest hands them on too. Later ones have them.
  const { dispose, asyncDispose } = Symbol;
  const realmSymbol: object = new Script('Symbol').runInContext(context);
  for (const [name, value] of Object.entries({ dispose, asyncDispose })) {
    if (!(name in realmSymbol)) Object.defineProperty(realmSymbol, name, { value });
  }
  const text = `(function (exports, require, module) {${readFileSync(file, 'utf8')}\n})`;
  const run: (exports: object, require: NodeJS.Require, module: { exports: Exports }) => void = new Script(text, {
    filename: file,
  }).runInContext(context);
  const module: { exports: Exports } = { exports: {} };
  run(module.exports, createRequire(file), module);
  return module.exports;
}
