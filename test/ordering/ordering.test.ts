import { type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium, skipsBrowserTests } from '../support/browser.ts';
import { type PageServer, servePage } from '../support/page-server.ts';
import { countUpdates } from './count-updates.ts';
import { numberedFrames } from './numbered-updates.ts';
import { serveFrames } from './scripted-server.ts';

const updates = 10_000;
/** A client numbers its query sets from 1. */
const { frames, characters } = numberedFrames(updates, 1);
let server: PageServer;

beforeAll(async () => {
  server = await servePage(new URL('page.ts', import.meta.url));
  serveFrames(
    server.http,
    frames.map(({ bytes }) => bytes),
  );
});

afterAll(() => server[Symbol.asyncDispose]());

test('the frames are of all sizes and compressions', () => {
  const sizes = frames.map(({ size }) => size);
  expect(Math.min(...sizes)).toBeLessThan(100);
  expect(Math.max(...sizes)).toBeGreaterThan(2_000_000);
  for (const compression of ['none', 'gzip', 'brotli']) {
    expect(frames.filter((frame) => frame.compression === compression).length).toBeGreaterThan(500);
  }
});

test('in Node no update is out of turn', async () => {
  expect(await countUpdates(server.host, updates)).toEqual({ last: updates, characters });
});

describe.skipIf(skipsBrowserTests())('in a browser', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  });

  afterAll(() => browser.close());

  test('no update is out of turn, though brotli is inflated later than it comes', async () => {
    const page = await browser.newPage();
    await page.goto(server.url);
    await page.waitForFunction('globalThis.countUpdates');
    // As text: these tests are checked without the browser's types.
    const counted: unknown = await page.evaluate(`countUpdates(${JSON.stringify(server.host)}, ${updates})`);
    expect(counted).toEqual({ last: updates, characters });
  });
});
