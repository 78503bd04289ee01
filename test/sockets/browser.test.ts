import { type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium, skipsBrowserTests } from '../support/browser.ts';
import { type PageServer, servePage } from '../support/page-server.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { type LoadReport } from './loaded-client.ts';
import { ServerProcess } from './server-process.ts';

describe.skipIf(skipsBrowserTests())('in a browser', () => {
  let browser: Browser;
  let pages: PageServer;
  let server: ServerProcess;
  /** Every page has entities of its own. */
  let nextId = 0;

  beforeAll(async () => {
    server = await ServerProcess.start();
    pages = await servePage(new URL('page.ts', import.meta.url));
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser.close();
    await pages[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  /** A page with a client under load. Its script is text: these tests are checked without the browser's types. */
  async function loadedPage(host: string, more = ''): Promise<Page> {
    const page = await browser.newPage();
    await page.exposeFunction('issueToken', server.issueToken);
    await page.goto(pages.url);
    await page.waitForFunction('globalThis.LoadedClient');
    await page.evaluate(`(async () => {
      const options = { host: ${JSON.stringify(host)}, database: 'killed', retry: { baseDelayMs: 5, maxDelayMs: 50 }, ${more} };
      globalThis.loaded = await LoadedClient.start({ ...options, token: () => issueToken('ann') }, ${(nextId += 10_000)});
    })()`);
    return page;
  }

  /** What `loaded.…` gives in the page. */
  const inPage = (page: Page, call: string): Promise<unknown> => page.evaluate(`loaded.${call}`);

  /** Ends the load; what the page holds is what the server has. */
  async function stop(page: Page): Promise<LoadReport> {
    const report = await page.evaluate<LoadReport>('loaded.stop()');
    expect(report.problems).toEqual([]);
    expect(report.identities).toHaveLength(1);
    expect(report.expected.length).toBeGreaterThan(5);
    expect(report.rows).toEqual(report.expected);
    expect(report.mirrored).toEqual(report.expected);
    await page.close();
    return report;
  }

  test('a server that is killed and restarted under load: the page comes back with its rows and no others', async () => {
    const page = await loadedPage(server.host);
    await inPage(page, 'busy(30)');
    await server.kill();
    await inPage(page, 'gone()');
    await server.restart();
    await inPage(page, 'busy(30)');
    const { lost, states } = await stop(page);
    expect(lost).toBeGreaterThan(0);
    expect(states.filter((status) => status === 'connected')).toHaveLength(2);
    expect(states).not.toContain('disconnected');
  });

  test('a page that was offline comes back as soon as the browser says so', async () => {
    await using proxy = await startTcpProxy(Number(server.host.split(':')[1]));
    const tenMinutes = 600_000;
    const page = await loadedPage(proxy.host, `retry: { baseDelayMs: ${tenMinutes}, offlineProbeMs: ${tenMinutes} }`);
    await inPage(page, 'busy(5)');
    await page.context().setOffline(true);
    await proxy.kill();
    await inPage(page, 'gone()');
    const state = await inPage(page, 'client.connection.state.peek()');
    expect(state).toEqual({ status: 'reconnecting', attempt: 1, nextDelayMs: tenMinutes });
    await proxy.restart();
    await page.context().setOffline(false);
    await inPage(page, 'busy(5)');
    await stop(page);
  });

  test('a socket that goes silent under load is noticed and replaced', async () => {
    await using proxy = await startTcpProxy(Number(server.host.split(':')[1]));
    const page = await loadedPage(proxy.host, 'idleProbeMs: 200, probeTimeoutMs: 800');
    await inPage(page, 'busy(30)');
    proxy.freeze();
    await inPage(page, 'gone()');
    await inPage(page, 'busy(30)');
    const { lost, states } = await stop(page);
    expect(lost).toBeGreaterThan(0);
    expect([...new Set(states)]).toEqual(['connecting', 'connected', 'reconnecting']);
    expect(states.at(-1)).toBe('connected');
  });
});
