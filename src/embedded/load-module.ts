import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';
import { isBytes } from '../bsatn/bytes.ts';
import { hasCode, messageOf } from '../errors.ts';
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

/** Reads a module: bytes of wasm, or the path of a `.wasm`, of a project in TypeScript, or of the file that it begins with. Throws a {@link ModuleLoadError}, a `RangeError` for what is none of these. */
export async function loadModule(module: string | Uint8Array): Promise<LoadedModule> {
  if (!isModule(module)) {
    throw new RangeError(
      `module is no module: ${String(module) || '""'}; give the path of a .wasm, of a project in TypeScript or of the file that it begins with, or the bytes of a .wasm`,
    );
  }
  return { source: module, ...(await readModule(module)) };
}

/** Whether it may be a module, for callers without types. */
function isModule(value: unknown): value is string | Uint8Array {
  return isBytes(value) || (typeof value === 'string' && value !== '');
}

type ModuleParts = Omit<LoadedModule, 'source'>;

async function readModule(module: string | Uint8Array): Promise<ModuleParts> {
  if (typeof module !== 'string') return wasmModule(module, []);
  const path = resolve(module);
  if (await isFolder(path)) return javascriptModule(await entryOf(path), path);
  if (/\.[cm]?[jt]sx?$/.test(path)) return javascriptModule(path, projectOf(path));
  const program = await readWasm(path);
  refuseOtherFiles(path, program);
  return wasmModule(program, [path]);
}

function wasmModule(program: Uint8Array, files: readonly string[]): ModuleParts {
  return { program, host: wasmHost(program), files };
}

async function javascriptModule(file: string, folder: string): Promise<ModuleParts> {
  const bundle = await bundleModule(file, folder);
  return { program: new TextEncoder().encode(bundle.code), host: javascriptHost(bundle), files: bundle.inputs };
}

/** What the projects in other languages have, which have to be built first. */
const builtLanguages = [
  [/^Cargo\.toml$/, 'Rust'],
  [/\.csproj$/, 'C#'],
  [/^CMakeLists\.txt$/, 'C++'],
] as const;

/** The folder of an app that its module is in. */
const innerFolder = 'spacetimedb';

/** The file that the module of a project begins with. Throws a {@link ModuleLoadError} when its language has to be built first. */
async function entryOf(folder: string): Promise<string> {
  const entry = entryIn(folder);
  if (entry !== undefined) return entry;
  const names = await readdir(folder);
  const [, language] = builtLanguages.find(([pattern]) => names.some((name) => pattern.test(name))) ?? [];
  if (language !== undefined) {
    throw new ModuleLoadError(`${folder} is a project in ${language}: build it and give the path of its .wasm`);
  }
  const inner = join(folder, innerFolder);
  const advice = entryIn(inner) === undefined ? '' : `; ${inner} does: give that path`;
  throw new ModuleLoadError(`${folder} has no src/index.ts, where a module in TypeScript begins${advice}`);
}

function entryIn(folder: string): string | undefined {
  return entryNames.map((name) => join(folder, name)).find((file) => existsSync(file));
}

/** Throws a {@link ModuleLoadError} for a file that does not begin as WebAssembly does. */
function refuseOtherFiles(path: string, program: Uint8Array): void {
  if (wasmMagic.every((byte, index) => program[index] === byte)) return;
  const advice =
    extname(path) === '.wasm'
      ? 'build the module again'
      : 'expected a .wasm, a project in TypeScript, or the file that it begins with';
  throw new ModuleLoadError(`${path} is no WebAssembly${program.length === 0 ? ', but empty' : ''}; ${advice}`);
}

/** `\0asm`, which WebAssembly begins with. */
const wasmMagic = [0x00, 0x61, 0x73, 0x6d];

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
    const problem = hasCode(cause, 'ENOENT') ? `there is no ${path}` : `it cannot be read: ${messageOf(cause)}`;
    throw new ModuleLoadError(problem, { cause });
  }
}
