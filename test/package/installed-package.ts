import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

/** What the build reads, besides what else is published. */
const buildInputs = [
  'src',
  'codegen',
  'esbuild.mjs',
  'package.json',
  'tsconfig.json',
  'tsconfig.browser.json',
  'tsconfig.build.json',
  'tsconfig.build-browser.json',
];

/** The parts of a package.json that say what is published. */
interface Manifest {
  readonly name: string;
  readonly files: readonly string[];
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
  /** What files of the package call each other. */
  readonly imports: Readonly<Record<string, unknown>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional: boolean }>>;
}

/** The package as it would be published, in the `node_modules` of an empty app. */
export interface InstalledPackage {
  /** The app. */
  readonly folder: string;
  /** The unpacked tarball. */
  readonly packageFolder: string;
  readonly manifest: Manifest;
  /** What `npm pack` wrote. */
  readonly tarball: string;
  /** What the tarball holds, with `/` between the parts of a path. */
  readonly files: readonly string[];
  readonly remove: () => Promise<void>;
}

/**
 * Builds and packs a copy of the sources, so that nobody who uses `dist` meanwhile is disturbed, and installs the tarball without network: beside it stand only
 * the packages that it declares, and those that an app brings along (`alsoInstalled`).
 *
 * ```text
 * sources/                            the copy, with its own dist
 * app/node_modules/<name>/            the tarball
 * app/node_modules/<dependency>  ──►  node_modules of this repository
 * ```
 */
export async function installPackage(alsoInstalled: readonly string[]): Promise<InstalledPackage> {
  const temporary = await realpath(await mkdtemp(join(tmpdir(), 'spacetimedb-signals-package-')));
  const remove = (): Promise<void> => rm(temporary, { recursive: true });
  try {
    return { ...(await installInto(temporary, alsoInstalled)), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function installInto(
  temporary: string,
  alsoInstalled: readonly string[],
): Promise<Omit<InstalledPackage, 'remove'>> {
  const sources = join(temporary, 'sources');
  const folder = join(temporary, 'app');
  const { files: published }: Manifest = await manifestOf(root);
  await mkdir(sources);
  for (const name of new Set([...published.filter((entry) => entry !== 'dist'), ...buildInputs])) {
    await cp(join(root, name), join(sources, name), { recursive: true });
  }
  await symlink(join(root, 'node_modules'), join(sources, 'node_modules'), 'junction');
  await run(process.execPath, [join(sources, 'esbuild.mjs')], sources);

  const { name } = await manifestOf(sources);
  const packageFolder = join(folder, 'node_modules', name);
  await mkdir(packageFolder, { recursive: true });
  const tarball = await pack(sources, temporary);
  await unpack(tarball, packageFolder);
  const manifest = await manifestOf(packageFolder);
  await link([...Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }), ...alsoInstalled], folder);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'app', private: true, type: 'module' }));
  return { folder, packageFolder, tarball, manifest, files: await filesBelow(packageFolder) };
}

/** Runs a program to its end. Rejects with all that it printed. */
async function run(program: string, args: readonly string[], cwd: string): Promise<void> {
  try {
    // On Windows, npm is a script.
    await execute(program, args, { cwd, shell: process.platform === 'win32' && program === 'npm' });
  } catch (cause) {
    const printed = cause instanceof Error && 'stdout' in cause ? String(cause.stdout) : '';
    throw new Error(`${[program, ...args].join(' ')} failed\n${printed}`, { cause });
  }
}

async function manifestOf(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
}

/** Runs `npm pack`, which decides what is published; returns the tarball. */
async function pack(sources: string, destination: string): Promise<string> {
  const args = ['pack', '--offline', '--ignore-scripts', '--pack-destination', destination];
  await run('npm', args, sources);
  const tarball = (await readdir(destination)).find((name) => name.endsWith('.tgz'));
  if (tarball === undefined) throw new Error('npm pack wrote no tarball');
  return join(destination, tarball);
}

async function unpack(tarball: string, folder: string): Promise<void> {
  await run('tar', ['-xzf', tarball, '--strip-components=1'], folder);
}

async function link(names: readonly string[], folder: string): Promise<void> {
  for (const name of names) {
    const at = join(folder, 'node_modules', name);
    await mkdir(dirname(at), { recursive: true });
    await symlink(join(root, 'node_modules', name), at, 'junction');
  }
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, '/'));
}
