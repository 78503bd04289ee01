import { type Browser, chromium, type ConsoleMessage, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumArguments, requireChromium, skipsBrowserTests } from '../support/browser.ts';
import { DemoProcess } from '../support/demo-process.ts';

const timeout = 60_000;

describe.skipIf(skipsBrowserTests())('the page of the demo', { timeout }, () => {
  let demo: DemoProcess | undefined;
  let browser: Browser | undefined;
  const complaints: string[] = [];

  beforeAll(async () => {
    const executablePath = requireChromium();
    demo = new DemoProcess();
    const url = await demo.find(/http:\S+(?= in two windows)/);
    browser = await chromium.launch({ executablePath, args: [...chromiumArguments] });
    // One browser, two windows: what they share beside the database would show.
    const context = await browser.newContext();
    context.setDefaultTimeout(15_000);
    first = await open(url, () => context.newPage());
    second = await open(url, () => context.newPage());
  }, timeout);

  afterAll(async () => {
    await browser?.close();
    await demo?.interrupt();
  });

  let first: Page;
  let second: Page;

  async function open(url: string, newPage: () => Promise<Page>): Promise<Page> {
    const page = await newPage();
    page.on('console', (message: ConsoleMessage) => {
      if (message.type() !== 'log') complaints.push(`${message.type()}: ${message.text()}`);
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(url);
    await page.locator('#status[data-status=connected]').waitFor();
    return page;
  }

  test('is connected, and each window is somebody else', async () => {
    expect(await first.locator('#status').textContent()).toBe('connected');
    const identities = await Promise.all(
      [first, second].map((page) => page.locator('#name').getAttribute('placeholder')),
    );
    expect(new Set(identities).size).toBe(2);
    await first.locator('#windows', { hasText: /^2$/ }).waitFor();
  });

  test('shows a note of one window in the other, and its end', async () => {
    await first.getByPlaceholder('A note for everybody').fill('Buy <b>oat</b> milk');
    await first.getByRole('button', { name: 'Add' }).click();
    const note = second.locator('#notes li', { hasText: 'Buy <b>oat</b> milk' });
    await note.waitFor();
    await note.getByRole('button').click();
    await first.locator('#notes li', { hasText: 'oat' }).waitFor({ state: 'detached' });
    expect(await first.locator('#notes li').count()).toBe(1);
  });

  test('shows what one window says in the other, under the name of who said it', async () => {
    await first.locator('#name').fill('Ada');
    await first.locator('#name').press('Enter');
    const message = first.getByPlaceholder('Say something');
    const typing = second.locator('#typing', { hasText: 'Ada is typing' });
    // The name is on its way to the server too, and who types before it has arrived types without it.
    await expect
      .poll(
        async () => {
          await message.fill('');
          await message.fill('Hello there');
          return typing.waitFor({ timeout: 500 }).then(
            () => true,
            () => false,
          );
        },
        { timeout: 15_000 },
      )
      .toBe(true);
    await first.getByRole('button', { name: 'Send' }).click();
    const said = second.locator('#messages li', { hasText: 'Hello there' });
    await said.waitFor();
    expect(await said.locator('small').textContent()).toBe('Ada');
    expect(await first.locator('#messages li.mine').count()).toBe(1);
  });

  test('says why a reducer failed, in the words of the module', async () => {
    await first.getByRole('button', { name: 'Add' }).click();
    await first.locator('#problem').waitFor();
    expect(await first.locator('#problem').textContent()).toBe('a note needs a title');
  });

  test('runs effects of rows that move', async () => {
    await first.locator('#effects', { hasText: /^[1-9]\d+$/ }).waitFor();
    expect(Number(await first.locator('#steps').textContent())).toBeGreaterThan(0);
  });

  test('keeps its rows while it is disconnected, and goes on where the others are', async () => {
    const messages = first.locator('#messages li');
    const before = await messages.count();
    // As text: these tests are checked without the browser's types.
    await first.evaluate(`
      globalThis.counts = new Set();
      const list = document.querySelector('#messages');
      new MutationObserver(() => counts.add(list.childElementCount)).observe(list, { childList: true });
    `);
    await first.getByRole('button', { name: 'Disconnect' }).click();
    await first.locator('#status[data-status=disconnected]').waitFor();
    await second.getByPlaceholder('Say something').fill('Are you there?');
    await second.getByRole('button', { name: 'Send' }).click();
    await second.locator('#messages li', { hasText: 'Are you there?' }).waitFor();
    expect(await messages.count()).toBe(before);
    await first.getByRole('button', { name: 'Connect' }).click();
    await first.locator('#messages li', { hasText: 'Are you there?' }).waitFor();
    // The new message came into the rows that were there: nothing was ever cleared.
    expect(await first.evaluate('[...counts]')).toEqual([before + 1]);
  });

  test('says nothing on the console', () => {
    expect(complaints).toEqual([]);
  });
});
