import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { runTool, type ToolRun } from './run-tool.ts';

/** A module that was built from its project: a compiled one, or the file that a module in TypeScript begins with. */
export interface BuiltModule {
  readonly kind: 'wasm' | 'javascript';
  readonly file: string;
}

/** What building needs of the process. */
export interface BuildEnvironment {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Writes a line to standard error. */
  readonly warn: (line: string) => void;
}

/** Builds the module of a project, whose language its files tell. Throws an error that names a tool that is missing. */
export async function buildProject(folder: string, environment: BuildEnvironment): Promise<BuiltModule> {
  const project = await findModule(folder);
  switch (project?.language) {
    case 'rust':
      return buildRust(project.folder, environment);
    case 'csharp':
      return buildCSharp(project.folder, environment);
    case 'typescript':
      return entryOfTypeScript(project.folder);
    case 'cpp':
      return buildCpp(project.folder, environment);
    case undefined:
      throw new Error(
        'there is no module here (no Cargo.toml, .csproj, package.json or CMakeLists.txt); name its folder',
      );
  }
}

/** The folder of a project in which tools put the module of an app. */
export const usualFolder = 'spacetimedb';

/** Where the module of a project is: an app in TypeScript has a `package.json` itself, and its module in a folder of its own. */
export async function findModule(
  folder: string,
): Promise<{ readonly language: Language; readonly folder: string } | undefined> {
  const language = languageOf(await namesIn(folder));
  if (language !== undefined && language !== 'typescript') return { language, folder };
  const inner = join(folder, usualFolder);
  const innerLanguage = existsSync(inner) ? languageOf(await namesIn(inner)) : undefined;
  if (innerLanguage !== undefined) return { language: innerLanguage, folder: inner };
  return language === undefined ? undefined : { language, folder };
}

type Language = 'rust' | 'csharp' | 'typescript' | 'cpp';

/** In the order in which the tools of SpacetimeDB look. */
function languageOf(names: readonly string[]): Language | undefined {
  if (names.includes('Cargo.toml')) return 'rust';
  if (names.some((name) => name.endsWith('.csproj'))) return 'csharp';
  if (names.includes('package.json')) return 'typescript';
  return names.includes('CMakeLists.txt') ? 'cpp' : undefined;
}

function entryOfTypeScript(folder: string): BuiltModule {
  const file = join(folder, 'src/index.ts');
  if (existsSync(file)) return { kind: 'javascript', file };
  throw new Error('there is no src/index.ts, which a module in TypeScript begins with');
}

/** In the debug profile: what a module says of itself is the same, and it is built many times faster. */
async function buildRust(folder: string, environment: BuildEnvironment): Promise<BuiltModule> {
  const args = ['build', '--target', 'wasm32-unknown-unknown', '--message-format=json-render-diagnostics'];
  const { output } = await build({ command: 'cargo', args, cwd: folder, env: environment.env }, environment, {
    isOutputShown: false,
    install: 'install Rust from https://rustup.rs',
    hints: [
      [
        /is not supported by the following packages|requires rustc/,
        'rustup update, which brings a Rust that they ask for',
      ],
      [/can't find crate for `(?:core|std)`|target may not be installed/, 'rustup target add wasm32-unknown-unknown'],
    ],
  });
  const files = output.split('\n').flatMap(wasmOfMessage);
  const file = files.at(-1);
  if (file === undefined) {
    throw new Error('cargo built no wasm file: a module is a library with crate-type = ["cdylib"] in its Cargo.toml');
  }
  return { kind: 'wasm', file };
}

/** The compiled library that a line of cargo's messages is about. */
function wasmOfMessage(line: string): string[] {
  if (!line.startsWith('{')) return [];
  const message: CargoMessage = JSON.parse(line);
  if (message.reason !== 'compiler-artifact' || message.target?.kind?.includes('cdylib') !== true) return [];
  return (message.filenames ?? []).filter((name) => name.endsWith('.wasm'));
}

interface CargoMessage {
  readonly reason?: string;
  readonly target?: { readonly kind?: readonly string[] };
  readonly filenames?: readonly string[];
}

async function buildCSharp(folder: string, environment: BuildEnvironment): Promise<BuiltModule> {
  const run = { command: 'dotnet', args: ['publish', '-c', 'Release'], cwd: folder, env: environment.env };
  await build(run, environment, {
    isOutputShown: true,
    install:
      'install the .NET SDK 8 from https://dotnet.microsoft.com/download, then: dotnet workload install wasi-experimental',
    hints: [
      [/NETSDK1147|wasi-experimental/, 'dotnet workload install wasi-experimental'],
      [/NETSDK1129/, 'dotnet publish -c Release -f net8.0 (it has several targets), then generate with --wasm FILE'],
    ],
  });
  return newestWasm(folder, /^bin~?$/, 'StdbModule.wasm');
}

async function buildCpp(folder: string, environment: BuildEnvironment): Promise<BuiltModule> {
  const tools = {
    isOutputShown: true,
    install: 'install Emscripten from https://emscripten.org/docs/getting_started/downloads.html',
    hints: [],
  };
  const run = { cwd: folder, env: environment.env };
  await build({ ...run, command: 'emcmake', args: ['cmake', '-S', '.', '-B', 'build'] }, environment, tools);
  await build({ ...run, command: 'cmake', args: ['--build', 'build'] }, environment, {
    isOutputShown: true,
    install: 'install CMake from https://cmake.org/download',
    hints: [],
  });
  return newestWasm(folder, /^build$/, '.wasm');
}

interface ToolAdvice {
  /** Whether its output is for people: dotnet and cmake tell errors there. */
  readonly isOutputShown: boolean;
  /** What to do where the tool is missing. */
  readonly install: string;
  /** What to do where its errors match. */
  readonly hints: readonly (readonly [RegExp, string])[];
}

async function build(
  run: ToolRun,
  { warn }: BuildEnvironment,
  { isOutputShown, install, hints }: ToolAdvice,
): Promise<{ readonly output: string }> {
  const told = isOutputShown ? { onErrorLine: warn, onOutputLine: warn } : { onErrorLine: warn };
  const { ending, code, output, errors } = await runTool({ ...run, ...told });
  if (ending === 'missing') throw new Error(`${run.command} is missing, which builds this module: ${install}`);
  if (code === 0) return { output };
  const hint = hints.find(([pattern]) => pattern.test(errors) || (isOutputShown && pattern.test(output)))?.[1];
  const advice = hint === undefined ? 'what it says is above' : `run: ${hint}`;
  throw new Error(`${run.command} could not build the module (exit code ${code}): ${advice}`);
}

/** The newest file in a folder's build folders whose name ends so. */
async function newestWasm(folder: string, buildFolders: RegExp, ending: string): Promise<BuiltModule> {
  let newest: { readonly file: string; readonly time: number } | undefined;
  for (const name of (await namesIn(folder)).filter((candidate) => buildFolders.test(candidate))) {
    for (const path of await readdir(join(folder, name), { recursive: true })) {
      if (!path.endsWith(ending)) continue;
      const file = join(folder, name, path);
      const time = (await stat(file)).mtimeMs;
      if (newest === undefined || time > newest.time) newest = { file, time };
    }
  }
  if (newest === undefined) throw new Error(`the build left no file that ends in ${ending}`);
  return { kind: 'wasm', file: newest.file };
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    throw new Error('there is no such folder', { cause });
  }
}
