import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { checkImport, importsOf, layers, lintOverrides } from './support/layers.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

function sourceFiles(folder: string): readonly string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => `${folder}/${path.replaceAll('\\', '/')}`)
    .filter((path) => /\.(?:ts|tsx|mjs|js)$/.test(path));
}

function violations(file: string, source: string): readonly string[] {
  return importsOf(source).flatMap((specifier) => checkImport(file, specifier) ?? []);
}

describe('layers', () => {
  test('no file imports against them', () => {
    const files = [...sourceFiles('src'), ...sourceFiles('codegen')];
    expect(files.length).toBeGreaterThan(0);
    expect(files.flatMap((file) => violations(file, readFileSync(join(root, file), 'utf8')))).toEqual([]);
  });

  test('the linter is configured with the same ones', () => {
    const config: unknown = JSON.parse(readFileSync(join(root, '.oxlintrc.json'), 'utf8'));
    expect(config).toHaveProperty('overrides', expect.arrayContaining([...lintOverrides()]));
  });

  test('every import they allow names a layer or a part of one', () => {
    const known = Object.keys(layers);
    const named = Object.values(layers).flatMap((layer) => layer.imports);
    expect(named.filter((path) => !known.includes(path))).toEqual([]);
  });
});

describe('the checker of layers', () => {
  test.each([
    ['a value', `import { decode } from '../wire/server-message.ts';`],
    ['a type', `import type { ServerMessage } from '../wire/server-message.ts';`],
    ['an import over several lines', `import {\n  type A,\n  b,\n} from "../wire/server-message.ts";`],
    ['a re-export', `export * from '../wire/server-message.ts';`],
    ['a re-exported type', `export type { A } from '../wire/server-message.ts';`],
    ['a side effect', `import '../wire/server-message.ts';`],
    ['a dynamic import', `const m = await import('../wire/server-message.ts');`],
    ['a type by import()', `type A = import('../wire/server-message.ts').A;`],
    ['an import after a statement', `const a = 1; import { b } from '../wire/server-message.ts';`],
  ])('catches %s that goes against them and names file and import', (_, source) => {
    expect(violations('src/store/table.ts', source)).toEqual([
      'src/store/table.ts imports ../wire/server-message.ts: the layer src/store/ may not import src/wire/server-message.ts',
    ]);
  });

  test('catches a package that is not for the layer', () => {
    expect(violations('src/bsatn/reader.ts', `import { inflate } from 'pako';`)).toHaveLength(1);
    expect(violations('src/store/table.ts', `import { readFileSync } from 'node:fs';`)).toHaveLength(1);
    expect(violations('src/wire/frame.ts', `import { inflate } from '#platform';`)).toHaveLength(1);
  });

  test('catches a file that belongs to no layer and a path out of the repository', () => {
    expect(violations('src/stray.ts', `import './errors.ts';`)[0]).toContain('belongs to no layer');
    expect(violations('src/store/table.ts', `import '../../../elsewhere.ts';`)).toHaveLength(1);
    expect(violations('src/store/table.ts', `import '../../test/support/layers.ts';`)).toHaveLength(1);
  });

  test('lets through what is allowed and what only looks like an import', () => {
    const source = [
      `import { signal } from '@preact/signals-core';`,
      `import type { Reader } from '../bsatn/reader.ts';`,
      `import { SpacetimeDbError } from '../../src/errors.ts';`,
      `import { RowSignal } from './row-signal.ts';`,
      `// import { decode } from '../wire/server-message.ts';`,
      `/* import '../client.ts'; */`,
    ].join('\n');
    expect(violations('src/store/table.ts', source)).toEqual([]);
    expect(violations('src/embedded/sql/plan.ts', `import { Store } from '../store/rows.ts';`)).toEqual([]);
  });
});
