import { readFile } from 'node:fs/promises';
import { type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EmbeddedServer } from '../../../src/embedded/index.ts';
import { type BrowserPage, openBrowserPage } from '../../support/browser-page.ts';
import { skipsBrowserTests } from '../../support/browser.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import type { AppView } from './notes-app.ts';

const module = new URL('../../reference-module/reference-module.wasm', import.meta.url);

describe.skipIf(skipsBrowserTests())('an app with a store in a browser', () => {
  let browserPage: BrowserPage;

  beforeAll(async () => {
    browserPage = await openBrowserPage(new URL('page.ts', import.meta.url));
  });
  afterAll(() => browserPage?.[Symbol.asyncDispose]());

  /** Opens the app in a page that was just loaded. Its scripts are text: this is checked without the browser's types. */
  async function start(page: Page, host: string): Promise<AppView> {
    await page.waitForFunction('globalThis.openNotes');
    return page.evaluate<AppView>(`openNotes(${JSON.stringify(host)}).then(() => app.view())`);
  }

  async function openTab(host: string): Promise<{ readonly page: Page; readonly view: AppView }> {
    const page = await browserPage.context.newPage();

    await page.goto(browserPage.url);
    return { page, view: await start(page, host) };
  }

  test('shows and keeps what was done offline, over tabs that are closed and pages that are loaded anew', async () => {
    const server = await EmbeddedServer.start({ module: await readFile(module), database: 'notes' });
    await using proxy = await startTcpProxy(server.port);
    const first = await openTab(proxy.host);
    expect(first.view).toMatchObject({ titles: [], storage: 'readWrite', pendingCount: 0 });
    await first.page.evaluate('app.connect()');
    expect(await first.page.evaluate('app.add(1)')).toBe('committed');

    await proxy.kill();
    await first.page.evaluate('app.offline()');
    expect(await first.page.evaluate('app.add(2)')).toBe('pending');
    expect(await first.page.evaluate('app.add(3)')).toBe('pending');
    expect(await first.page.evaluate('app.view()')).toMatchObject({ titles: ['note 1', 'note 2', 'note 3'] });

    const second = await openTab(proxy.host);
    expect(second.view).toMatchObject({ titles: ['note 1'], storage: 'readOnly', pendingCount: 0 });
    await first.page.close();
    const all = { titles: ['note 1', 'note 2', 'note 3'], storage: 'readWrite', pendingCount: 2, problems: [] };
    expect(await second.page.evaluate('app.holds(2)')).toEqual(all);
    await second.page.reload();
    expect(await start(second.page, proxy.host)).toEqual(all);

    // It is fulfilled when there is a network.
    await second.page.evaluate('void app.connect()');
    expect(await second.page.evaluate('app.view()')).toMatchObject({ titles: all.titles });
    await proxy.restart();
    expect(await second.page.evaluate('app.holds(0)')).toEqual({ ...all, pendingCount: 0 });
    expect(server.query('SELECT * FROM note').map((note) => note['title'])).toEqual(all.titles);
    await second.page.close();
    await server.close();
  });
});
