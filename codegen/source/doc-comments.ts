import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type FileDocs, scanDocComments } from './doc-syntax.ts';

/** What the source of a module says of its parts in comments above them, by name; names are in camelCase, however the source spells them. */
export interface DocComments {
  readonly types: ReadonlyMap<string, string>;
  /** Of fields and variants, by type and name: `cat.catId`. */
  readonly parts: ReadonlyMap<string, string>;
  readonly functions: ReadonlyMap<string, string>;
  /** What is said of the module inside this one that it calls `namespace`; undefined where that is not in the project. */
  readonly submodule: (namespace: string) => DocComments | undefined;
}

/** Folders that hold no source of the module. */
const derived: ReadonlySet<string> = new Set(['target', 'node_modules', 'bin', 'obj', 'dist', 'build']);

/** Reads the doc comments of a project in Rust, C# or TypeScript: of types, fields, variants and functions, without understanding the rest. */
export async function readDocComments(folder: string): Promise<DocComments> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !isDerived(path.slice(folder.length)))
    .sort();
  const sources = new Map<string, SourceFile>();
  for (const path of paths) {
    if (!/\.(?:rs|cs|ts)$/.test(path)) continue;
    const text = await readFile(path, 'utf8');
    const docs = scanDocComments(path, text);
    if (docs !== undefined) sources.set(path, { text, docs });
  }
  const entry = join(folder, 'src/index.ts');
  // Two of one name may be in different files: those that the module is made of go first.
  return docsOf(new Set([...importedFrom(entry, sources), ...sources.keys()]), entry, sources);
}

interface SourceFile {
  readonly text: string;
  readonly docs: FileDocs;
}

type SourceFiles = ReadonlyMap<string, SourceFile>;

function isDerived(path: string): boolean {
  return path.split(/[\\/]/).some((part) => derived.has(part) || part.startsWith('.'));
}

/** What files say together; the first word about something is taken. */
function docsOf(paths: ReadonlySet<string>, entry: string, sources: SourceFiles): DocComments {
  const together = (kind: keyof FileDocs): ReadonlyMap<string, string> =>
    new Map([...paths].reverse().flatMap((path) => [...(sources.get(path)?.docs[kind] ?? [])]));
  return {
    types: together('types'),
    parts: together('parts'),
    functions: together('functions'),
    submodule: (namespace) => {
      const inner = fileOfSubmodule(namespace, entry, sources);
      return inner === undefined ? undefined : docsOf(importedFrom(inner, sources), inner, sources);
    },
  };
}

const namespaceImport = /\bimport\s+\*\s+as\s+(\w+)\s+from\s*['"]([^'"]+)['"]/g;
const anyImport = /\b(?:import|export)\b(\s+\*\s+as\b)?[^'";]*?\bfrom\s*['"](\.[^'"]+)['"]/g;

/** Where the submodule is that the module which begins in `entry` calls `namespace`: `schema({ namespace })`, or `schema({ namespace: imported })`. */
function fileOfSubmodule(namespace: string, entry: string, sources: SourceFiles): string | undefined {
  for (const path of importedFrom(entry, sources)) {
    const { text = '' } = sources.get(path) ?? {};
    const imported = new RegExp(`\\b${namespace}\\s*:\\s*(\\w+)\\s*[,}]`, 'u').exec(text)?.[1] ?? namespace;
    for (const [, name, specifier = ''] of text.matchAll(namespaceImport)) {
      if (name === imported) return resolved(specifier, path, sources);
    }
  }
  return undefined;
}

/** A file and those that it imports, and so on; not what it imports as a whole, as it does with another module. */
function importedFrom(entry: string, sources: SourceFiles): ReadonlySet<string> {
  const found = new Set<string>(sources.has(entry) ? [entry] : []);
  for (const path of found) {
    for (const [, whole, specifier = ''] of sources.get(path)?.text.matchAll(anyImport) ?? []) {
      const imported = whole === undefined ? resolved(specifier, path, sources) : undefined;
      if (imported !== undefined) found.add(imported);
    }
  }
  return found;
}

/** The file that a relative import means. */
function resolved(specifier: string, from: string, sources: SourceFiles): string | undefined {
  const path = resolve(dirname(from), specifier);
  const candidates = [path, `${path}.ts`, path.replace(/\.js$/, '.ts'), join(path, 'index.ts')];
  return candidates.find((candidate) => sources.has(candidate));
}
