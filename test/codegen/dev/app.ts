import { mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** The top of this repository. */
export const repository: string = fileURLToPath(new URL('../../..', import.meta.url));

/** The source of a module. */
export const source = `import { schema, t, table } from 'spacetimedb/server';
const cat = table({ name: 'cat', public: true }, { id: t.u32().primaryKey().autoInc(), name: t.string() });
const spacetimedb = schema({ cat });
export default spacetimedb;
export const addCat = spacetimedb.reducer({ name: t.string() }, (ctx, { name }) => {
  console.log('adding', name);
  if (name === '') throw new Error('a cat needs a name');
  ctx.db.cat.insert({ id: 0, name });
});
`;

/** An app with its module in the usual folder. */
export function app({ hasOwnModules = false }: { readonly hasOwnModules?: boolean } = {}): {
  readonly folder: string;
  readonly edit: (text: string) => void;
} {
  const folder = join(temporaryFolder(), 'my-pets');
  const module = join(folder, 'spacetimedb');
  mkdirSync(join(module, 'src'), { recursive: true });
  writeFileSync(join(module, 'package.json'), '{"type":"module"}');
  const modules = join(repository, 'node_modules');
  if (hasOwnModules) {
    // What a project keeps beside its packages stays its own.
    mkdirSync(join(folder, 'node_modules'));
    for (const name of readdirSync(modules)) {
      if (name !== '.cache') symlinkSync(join(modules, name), join(folder, 'node_modules', name));
    }
  } else symlinkSync(modules, join(folder, 'node_modules'));
  // As editors save: another file takes the place of the old one.
  const edit = (text: string): void => {
    writeFileSync(join(module, 'src/index.ts~'), text);
    renameSync(join(module, 'src/index.ts~'), join(module, 'src/index.ts'));
  };
  edit(source);
  return { folder, edit };
}
