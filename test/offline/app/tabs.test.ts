import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EmbeddedServer } from '../../../src/embedded/index.ts';
import { fromEach, seedsOf } from '../../simulation/seeds.ts';
import { type BrowserPage, openBrowserPage } from '../../support/browser-page.ts';
import { skipsBrowserTests } from '../../support/browser.ts';
import { seededRandom } from '../../support/random.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { TalkingTabs, type TalkReport } from './talking-tabs.ts';

const module = new URL('../../reference-module/reference-module.wasm', import.meta.url);
const seeds = seedsOf(1, 0.005);

describe.skipIf(skipsBrowserTests())('the tabs of a site in a browser', () => {
  let browserPage: BrowserPage;

  beforeAll(async () => {
    browserPage = await openBrowserPage(new URL('talk-page.ts', import.meta.url));
  });
  afterAll(() => browserPage?.[Symbol.asyncDispose]());

  test(
    `get every call that was promised to the module, in order, whichever of them die, from ${seeds.length} seeds`,
    { timeout: (1 + seeds.length) * 60_000 },
    async () => {
      const report: TalkReport = { calls: 0, promised: 0, refused: 0, twice: 0, deaths: 0, cuts: 0 };
      await fromEach(seeds, async (seed) => {
        const server = await EmbeddedServer.start({ module: await readFile(module), database: 'talk' });
        await using proxy = await startTcpProxy(server.port);
        const context = await browserPage.newContext();
        try {
          const tabs = new TalkingTabs(context, browserPage, { server, proxy }, seededRandom(seed), report);
          await tabs.run(40);
        } finally {
          await context.close();
          await server.close();
        }
      });
      console.info(`talking tabs: ${JSON.stringify(report)}`);
      expect(report.promised).toBeGreaterThan(seeds.length);
    },
  );
});
