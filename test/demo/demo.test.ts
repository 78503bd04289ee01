import { expect, test } from 'vitest';
import { DemoProcess } from '../support/demo-process.ts';

const timeout = 60_000;

const titles = [
  'a client',
  'connect()',
  'initial rows',
  'my own change',
  "somebody else's change",
  'the result of a call',
  'a failing reducer',
  'rolled back',
  'a reducer that panics',
  'three tables, one step',
  'an event table',
  'rows is a signal',
  'a row is a signal',
  'an index look-up',
  'a view of one row',
  'a view of many rows',
  'a query, and its end',
  'a refused query',
  'a one-off query',
  'a procedure',
  'a schedule',
  'before the server',
  'without a connection',
  'five thousand rows',
  'a lost connection',
  'goodbye',
];

test('`npm run demo -- --exit` shows every step and ends with 0', { timeout }, async () => {
  const demo = new DemoProcess('--exit');
  const code = await demo.ended;
  const shown = [...demo.output.matchAll(/^ {2}(.) (.{24})/gm)].map(([, mark = '', title = '']) => [
    mark,
    title.trim(),
  ]);
  expect(shown).toEqual(titles.map((title) => ['✓', title]));
  expect(demo.output).toContain(`All ${titles.length} steps showed what they say.`);
  // A pipe is no terminal.
  expect(demo.output).not.toContain('\u001B');
  expect(code).toBe(0);
});

test('without --exit it serves the page until Ctrl-C', { timeout }, async () => {
  const demo = new DemoProcess();
  const url = await demo.find(/http:\S+(?= to see)/);
  const page = await fetch(url);
  expect(page.headers.get('content-type')).toContain('text/html');
  const html = await page.text();
  for (const [, path = ''] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
    const answer = await fetch(new URL(path, url));
    expect([path, answer.status]).toEqual([path, 200]);
  }
  expect((await fetch(new URL('/start.mjs', url))).status).toBe(404);
  expect(await demo.interrupt()).toBe(0);
});

test('an option that does not exist ends it with 2 and the usage', { timeout }, async () => {
  const demo = new DemoProcess('--colour');
  expect(await demo.ended).toBe(2);
  expect(demo.output).toContain('Usage: npm run demo');
});
