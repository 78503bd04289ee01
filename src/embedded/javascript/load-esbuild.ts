import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What a bundle came out as. */
export interface BundleResult {
  readonly outputFiles: readonly { readonly path: string; readonly text: string }[];
  /** What it was made from: paths from the working folder. */
  readonly metafile: { readonly inputs: Readonly<Record<string, unknown>> };
}

/** What decides where imports lead. */
export interface EsbuildPlugin {
  readonly name: string;
  readonly setup: (build: EsbuildHooks) => void;
}

interface EsbuildHooks {
  readonly onResolve: (
    which: { readonly filter: RegExp },
    resolve: (imported: { readonly path: string }) => object,
  ) => void;
  readonly onLoad: (
    which: { readonly filter: RegExp; readonly namespace: string },
    load: (found: { readonly path: string }) => object,
  ) => void;
}

/** The part of esbuild that bundles. */
export interface Esbuild {
  readonly build: (options: object) => Promise<BundleResult>;
}

/** esbuild as the project in `folder` has it, or as this package does. Throws an `Error` that says how to install it. */
export async function loadEsbuild(folder: string): Promise<Esbuild> {
  for (const place of [join(folder, 'package.json'), import.meta.url]) {
    const path = resolved(place, 'esbuild');
    if (path === undefined) continue;
    const loaded: unknown = await import(pathToFileURL(path).href);
    if (isEsbuild(loaded)) return loaded;
  }
  throw new Error('esbuild is missing, which modules in TypeScript are read with: npm install --save-dev esbuild');
}

function resolved(from: string, name: string): string | undefined {
  try {
    return createRequire(from).resolve(name);
  } catch {
    // Not there: the next place may have it.
    return undefined;
  }
}

function isEsbuild(value: unknown): value is Esbuild {
  return typeof value === 'object' && value !== null && 'build' in value && typeof value.build === 'function';
}
