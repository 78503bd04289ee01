import { Session } from 'node:inspector';
import { SourceMap } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { EmbeddedServer } from '../../../src/embedded/embedded-server.ts';
import { typescriptProject } from '../../support/typescript-project.ts';

const source = `import { schema, t, table } from 'spacetimedb/server';
const spacetimedb = schema({ item: table({ name: 'item' }, { id: t.u32().primaryKey() }) });
export default spacetimedb;
export const put = spacetimedb.reducer({ id: t.u32() }, (ctx, { id }: { id: number }) => {
  const doubled = id * 2;
  ctx.db.item.insert({ id: doubled });
});
`;

/** The first place in a script that comes from a line of a source, both counted from zero. */
function placeOf(map: ConstructorParameters<typeof SourceMap>[0], file: string, line: number) {
  const lines = new SourceMap(map);
  for (let generated = 0; ; generated++) {
    const entry = lines.findEntry(generated, 10);
    if (!('originalSource' in entry)) continue;
    if (entry.originalSource === file && entry.originalLine === line) return generated;
    if (generated > 100_000) throw new Error(`nothing comes from line ${line} of ${file}`);
  }
}

test('a debugger stops in the source of a module and sees its variables', async () => {
  const module = typescriptProject(source);
  const session = new Session();
  session.connect();
  onTestFinished(() => session.disconnect());
  const scripts: { readonly scriptId: string; readonly url: string; readonly sourceMapURL?: string | undefined }[] = [];
  session.on('Debugger.scriptParsed', ({ params }) => scripts.push(params));
  session.post('Debugger.enable');
  await using server = await EmbeddedServer.start({ module, database: 'a' });

  const file = pathToFileURL(join(module, 'src/index.ts')).href;
  const script = scripts.find(({ url }) => url === `${file}.bundle.js`);
  const [, encoded = ''] = /^data:application\/json;base64,(.*)$/.exec(script?.sourceMapURL ?? '') ?? [];
  const map = JSON.parse(Buffer.from(encoded, 'base64').toString());
  expect(map.sources).toContain(file);

  const stops: unknown[] = [];
  session.on('Debugger.paused', ({ params }) => {
    const [frame] = params.callFrames;
    session.post(
      'Debugger.evaluateOnCallFrame',
      { callFrameId: frame?.callFrameId ?? '', expression: 'doubled' },
      (_, answer) => stops.push(answer.result.value),
    );
  });
  session.post('Debugger.setBreakpoint', {
    location: { scriptId: script?.scriptId ?? '', lineNumber: placeOf(map, file, 5) },
  });
  server.call('put', [21]);
  session.post('Debugger.disable');
  expect(stops).toEqual([42]);
  expect(server.query('SELECT * FROM item')).toEqual([{ id: 42 }]);
});
