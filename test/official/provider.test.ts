import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Browser } from 'playwright-core';
import { launchChromium, skipsBrowserTests } from '../support/browser.ts';
import { startLiveServer } from '../support/live-clients.ts';
import { type PageServer, servePage } from '../support/page-server.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { soon } from './both-clients.ts';

const aNote = { folder: 'inbox', body: '', tags: [] };

/* Of the package only the providers for frameworks connect again by themselves, with a new connection each time; here that for React. */
describe.skipIf(skipsBrowserTests())('the provider of the package spacetimedb', () => {
  let pages: PageServer;
  let browser: Browser;

  beforeAll(async () => {
    pages = await servePage(new URL('provider-page.ts', import.meta.url), {
      define: { 'process.env.NODE_ENV': '"production"' },
    });
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser?.close();
    await pages?.[Symbol.asyncDispose]();
  });

  test.each(['v3', 'v2'] as const)(
    'shows what happened after a cut and after a restart of a server of %s, and calls again',
    async (protocol) => {
      const live = await startLiveServer(protocol);
      onTestFinished(async () => live[Symbol.asyncDispose]());
      const proxy = await startTcpProxy(live.server.port);
      onTestFinished(async () => proxy[Symbol.asyncDispose]());
      const ours = await live.connect(['SELECT * FROM note']);
      const page = await browser.newPage();
      onTestFinished(async () => page.close());
      await page.goto(pages.url);
      await page.evaluate(`show('http://${proxy.host}', '${live.server.database}')`);
      const shows = async (count: number): Promise<void> => {
        const titles = Array.from({ length: count }, (_, index) => `note ${index + 1}`);
        await page.locator('#notes', { hasText: new RegExp(`^ready: ${titles.join(', ')}$`) }).waitFor();
      };
      const creates = async (count: number): Promise<void> => {
        await page.locator('button').click();
        await page.locator('#outcome', { hasText: `created ${count}` }).waitFor();
        await shows(count);
        await soon(() => expect(ours.note.count()).toBe(count));
      };
      await shows(0);
      await creates(1);

      // What is made while the page is away, only its next connection can bring.
      await proxy.kill();
      await ours.reducers.createNote({ ...aNote, id: 2n, title: 'note 2' });
      await proxy.restart();
      await shows(2);
      await creates(3);

      await live.server.restart();
      live.server.call('create_note', [4, 'inbox', 'note 4', '', []]);
      await shows(4);
      await creates(5);
      await soon(() => expect(live.server.statistics.connections).toBe(2));
    },
  );
});
