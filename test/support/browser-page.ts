import { type BrowserContext } from 'playwright-core';
import { launchChromium } from './browser.ts';
import { type PageServer, servePage } from './page-server.ts';

/** A page, served, and a browser of its own to look at it. */
export interface BrowserPage extends AsyncDisposable {
  readonly url: string;
  /** For the tabs: all of them share what the browser keeps. */
  readonly context: BrowserContext;
  /** For tabs that share nothing with the others. */
  newContext(): Promise<BrowserContext>;
}

/** Serves a page that runs `entry`, a module, and starts a browser. */
export async function openBrowserPage(entry: URL): Promise<BrowserPage> {
  const pages: PageServer = await servePage(entry);
  const browser = await launchChromium();
  return {
    url: pages.url,
    context: await browser.newContext(),
    newContext: () => browser.newContext(),
    async [Symbol.asyncDispose]() {
      await browser.close();
      await pages[Symbol.asyncDispose]();
    },
  };
}
