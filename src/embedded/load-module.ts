import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { messageOf } from '../errors.ts';
import { bundleModule } from './javascript/bundle.ts';
import { javascriptHost } from './javascript/javascript-host.ts';
import { type HostFactory } from './module-host.ts';
import { ModuleLoadError } from './module-load-error.ts';
import { wasmHost } from './wasm/wasm-host.ts';

/** A module that is ready to be run. */
export interface LoadedModule {
  /** What it was read from: a path, or the bytes themselves. */
  readonly source: string | Uint8Array;
  /** What its hash is made of: its wasm, or its bundle. */
  readonly program: Uint8Array;
  readonly host: HostFactory;
  /** The files, in full, that it depends on; none when it came as bytes. */
  readonly files: readonly string[];
}

/** Where a module in TypeScript begins, from the folder of its project. */
const entryNames = ['src/index.ts', 'src/index.js', 'index.ts', 'index.js'] as const;

/** Reads a module: bytes of wasm, or the path of a `.wasm`, of a project in TypeScript, or of the file that it begins with. Throws a {@link ModuleLoadError}. */
export async function loadModule(module: string | Uint8Array): Promise<LoadedModule> {
  return { source: module, ...(await readModule(module)) };
}

type ModuleParts = Omit<LoadedModule, 'source'>;

async function readModule(module: string | Uint8Array): Promise<ModuleParts> {
  if (typeof module !== 'string') return wasmModule(module, []);
  const path = resolve(module);
  if (await isFolder(path)) return javascriptModule(entryOf(path), path);
  if (/\.[cm]?[jt]sx?$/.test(path)) return javascriptModule(path, projectOf(path));
  return wasmModule(await readWasm(path), [path]);
}

function wasmModule(program: Uint8Array, files: readonly string[]): ModuleParts {
  return { program, host: wasmHost(program), files };
}

async function javascriptModule(file: string, folder: string): Promise<ModuleParts> {
  const bundle = await bundleModule(file, folder);
  return { program: new TextEncoder().encode(bundle.code), host: javascriptHost(bundle), files: bundle.inputs };
}

/** The file that the module of a project begins with. Throws a {@link ModuleLoadError} when its language has to be built first. */
function entryOf(folder: string): string {
  const entry = entryNames.map((name) => join(folder, name)).find((file) => existsSync(file));
  if (entry !== undefined) return entry;
  if (existsSync(join(folder, 'Cargo.toml'))) {
    throw new ModuleLoadError(`${folder} is a project in Rust: build it and give the path of its .wasm`);
  }
  throw new ModuleLoadError(`${folder} has no src/index.ts, where a module in TypeScript begins`);
}

/** The folder of the project that a file is in: the nearest one with a package.json. */
function projectOf(file: string): string {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) return dirname(file);
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    // Whoever reads it says why that fails.
    return false;
  }
}

async function readWasm(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    const text = messageOf(cause);
    throw new ModuleLoadError(`it cannot be read: ${text}`, { cause });
  }
}
