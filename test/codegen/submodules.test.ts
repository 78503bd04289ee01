import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { generate } from '../../codegen/generate.ts';
import { makePlan } from '../../codegen/plan/make-plan.ts';
import { ConnectionError } from '../../src/errors.ts';
import { moduleFromJson } from '../../src/module-def/index.ts';
import * as submodules from '../generated/submodules/index.ts';
import { referenceSchema, schemaWithSubmodules, syntheticSchema } from '../module-def/fixtures.ts';
import { run, temporaryFolder } from './command.ts';

const nested = schemaWithSubmodules(referenceSchema(10), {
  lib: schemaWithSubmodules(referenceSchema(10), { inner_part: syntheticSchema('nested') }),
});
const options = { runtime: 'spacetimedb-signals/runtime', extension: '.ts' } as const;

describe('a module with submodules', () => {
  const { files, warnings } = generate(moduleFromJson(nested), options);

  test('has files of its own for each', () => {
    expect([...files.keys()]).toEqual([
      'index.ts',
      'types.ts',
      'schema.ts',
      'lib/index.ts',
      'lib/types.ts',
      'lib/inner_part/index.ts',
      'lib/inner_part/types.ts',
    ]);
    expect(warnings).toEqual([]);
  });

  test('shows them as properties of the tables, reducers and procedures, and of the client', () => {
    const index = files.get('index.ts') ?? '';
    expect(index).toContain(`import * as $libModule from './lib/index.ts';`);
    expect(index).toContain(`export * as libModule from './lib/index.ts';`);
    expect(index).toContain('  readonly lib: $libModule.Tables;');
    expect(index).toContain('    lib: $libModule.new$Reducers(core),');
    expect(index).toContain('  lib: $libModule.tables,');
    expect(index).toContain('    this.lib = this.tables.lib;');
    expect(files.get('lib/index.ts')).toContain('    innerPart: $innerPartModule.new$Procedures(core),');
    expect(files.get('lib/index.ts')).not.toContain('class ');
  });

  test('calls their parts by the path on the wire', () => {
    expect(files.get('lib/index.ts')).toContain(`  name: 'lib.create_note',`);
    expect(files.get('lib/index.ts')).toContain('/** The table `lib.note`. Primary key: `id`. */');
    expect(files.get('lib/inner_part/index.ts')).toContain(`  name: 'lib.inner_part.t',`);
    expect(files.get('index.ts')).toContain(`  name: 'create_note',`);
  });

  test('has its types apart from theirs', () => {
    const withoutHeader = (text = ''): string => text.split('\n').slice(2).join('\n').replaceAll('`lib.', '`');
    expect(withoutHeader(files.get('lib/types.ts'))).toBe(withoutHeader(files.get('types.ts')));
  });
});

describe('names of submodules', () => {
  test('give way to those of tables, reducers and procedures', () => {
    const { plan, warnings } = makePlan(
      moduleFromJson(schemaWithSubmodules(referenceSchema(10), { note: syntheticSchema('empty') })),
    );
    expect(plan.submodules.map(({ accessors }) => accessors)).toEqual([
      { tables: 'note2', reducers: 'note', procedures: 'note' },
    ]);
    expect(warnings).toEqual([expect.stringContaining('the submodule note would be called note')]);
  });

  test('that differ in case only have folders that differ', () => {
    const schema = schemaWithSubmodules(referenceSchema(10), {
      Lib: syntheticSchema('empty'),
      lib: syntheticSchema('empty'),
    });
    expect(makePlan(moduleFromJson(schema)).plan.submodules.map(({ folder }) => folder)).toEqual(['lib', 'lib2']);
  });

  test('that the client has for something else are under `tables` only', () => {
    const schema = schemaWithSubmodules(referenceSchema(10), { connection: syntheticSchema('empty') });
    const { plan, warnings } = makePlan(moduleFromJson(schema));
    expect(plan.submodules[0]?.isOnClient).toBe(false);
    expect(warnings).toEqual([expect.stringContaining('client.tables only')]);
  });

  test('are each there once', () => {
    const sections: unknown = JSON.parse(schemaWithSubmodules('{"sections":[]}', { lib: syntheticSchema('empty') }));
    const text = JSON.stringify(sections).replace(/\[(\{"namespace":"lib".*\})\]\}\]\}$/, '[$1,$1]}]}');
    expect(() => moduleFromJson(text)).toThrow('a second submodule is called lib');
  });

  test('stand before the warnings about what is inside', () => {
    const schema = schemaWithSubmodules(referenceSchema(10), { lib: syntheticSchema('col_collide') });
    expect(makePlan(moduleFromJson(schema)).warnings).toEqual([expect.stringMatching(/^submodule lib: columns of T/)]);
  });
});

describe('files of submodules', () => {
  const args = ['generate', '--schema', '-', '-o', 'out'];

  test('are written, checked, and deleted with their folders when the submodule is gone', async () => {
    const folder = temporaryFolder();
    await run(folder, args, nested);
    expect(readdirSync(join(folder, 'out/lib/inner_part')).sort()).toEqual(['index.ts', 'types.ts']);
    expect((await run(folder, [...args, '--check'], nested)).code).toBe(0);
    writeFileSync(join(folder, 'out/lib/mine.ts'), 'export {};\n');
    const { output } = await run(folder, args, referenceSchema(10));
    expect(output).toContain(`deleted ${join('out/lib/inner_part/types.ts')}`);
    expect(readdirSync(join(folder, 'out')).sort()).toEqual(['index.ts', 'lib', 'schema.ts', 'types.ts']);
    expect(readdirSync(join(folder, 'out/lib'))).toEqual(['mine.ts']);
  });

  test('are told from those of another output folder inside this one', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'out'));
    await run(folder, ['generate', '--schema', '-', '-o', 'out/other'], nested);
    const { output } = await run(folder, args, referenceSchema(10));
    expect(output).toEqual([
      `wrote ${join('out/index.ts')}`,
      `wrote ${join('out/types.ts')}`,
      `wrote ${join('out/schema.ts')}`,
    ]);
    expect(readdirSync(join(folder, 'out/other/lib')).sort()).toEqual(['index.ts', 'inner_part', 'types.ts']);
  });
});

describe('a generated client with submodules', () => {
  test('has their tables, reducers and procedures as properties of its own', async () => {
    const client = await submodules.SpacetimeDbClient.create({ host: 'localhost:1', database: 'none', ssl: false });
    expect(client.library.lookUp.t.name).toBe('library.look_up.t');
    expect(client.library).toBe(client.tables.library);
    expect(client.library.lookUp.t.byA.find(1)).toBeUndefined();
    await expect(client.procedures.library.p1()).rejects.toThrow(ConnectionError);
    expect(Object.keys(client.reducers.library.lookUp)).toEqual([]);
    await client.dispose();
  });

  test('has their tables as queries', () => {
    const query = submodules.tables.library.lookUp.t.where((t) => t.a.gt(2));
    expect(query.table).toBe('library.look_up.t');
    expect(query.toSql()).toBe('SELECT * FROM "library"."look_up"."t" WHERE "a" > 2');
  });

  test('leaves nothing of a submodule in a bundle that does not use it', async () => {
    const { outputFiles } = await build({
      stdin: {
        contents: `import { vView } from './index.ts'; console.log(vView.name);`,
        resolveDir: fileURLToPath(new URL('../generated/submodules', import.meta.url)),
      },
      bundle: true,
      write: false,
      format: 'esm',
      external: ['spacetimedb-signals/runtime'],
    });
    expect(outputFiles[0]?.text).toContain('name: "v"');
    expect(outputFiles[0]?.text).not.toContain('library');
  });
});
