import { type Browser, type ConsoleMessage, type Locator, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium, skipsBrowserTests } from '../support/browser.ts';
import { DemoProcess } from '../support/demo-process.ts';
import { patienceMs } from '../support/patience.ts';

/** How many calls the stores of the page hold, and marks that say that they were not sent. */
const queuedInIndexedDb = `(async () => {
  const done = (request) => new Promise((resolve) => { request.onsuccess = () => resolve(request.result); });
  let queued = 0;
  for (const { name } of await indexedDB.databases()) {
    const database = await done(indexedDB.open(name));
    for (const store of database.objectStoreNames) {
      const keys = await done(database.transaction(store).objectStore(store).getAllKeys());
      queued += keys.filter((key) => key.startsWith('call/')).length;
    }
    database.close();
  }
  return queued;
})()`;

// What runs in the page is written as text: these tests are checked without the browser's types.
describe.skipIf(skipsBrowserTests())('the page of the demo', () => {
  let demo: DemoProcess | undefined;
  let browser: Browser | undefined;
  let page: Page;
  let ada: Locator;
  let grace: Locator;
  const complaints: string[] = [];
  const requested = new Set<string>();
  let url = '';

  beforeAll(async () => {
    demo = new DemoProcess();
    url = await demo.find(/http:\S+(?= to see)/);
    browser = await launchChromium();
    page = await browser.newPage();
    page.setDefaultTimeout(patienceMs);
    page.on('console', (message: ConsoleMessage) => complaints.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => requested.add(new URL(request.url()).origin));
    await page.goto(url);
    ada = page.getByRole('region', { name: 'The window of Ada' });
    grace = page.getByRole('region', { name: 'The window of Grace' });
    await ada.getByText('connected', { exact: true }).waitFor();
    await grace.getByText('connected', { exact: true }).waitFor();
  });

  afterAll(async () => {
    await browser?.close();
    await demo?.interrupt();
  });

  const noteOf = (window: Locator): Locator => window.locator('.notes li').first();
  const message = (window: Locator): Locator => window.getByRole('textbox', { name: 'Message' });

  test('shows two clients that are not the same person, and what they are called', async () => {
    const identities = await Promise.all([ada, grace].map((one) => one.getByLabel('Your name').getAttribute('title')));
    expect(new Set(identities).size).toBe(2);
    for (const [window, name] of [
      [ada, 'Ada'],
      [grace, 'Grace'],
    ] as const) {
      expect(await window.getByLabel('Your name').inputValue()).toBe(name);
    }
  });

  test('moves 5,000 rows and draws them', async () => {
    for (const window of [ada, grace]) {
      await window.locator('.rows', { hasText: /^5,002$/ }).waitFor();
      await window.locator('.steps', { hasText: /^[1-9]/ }).waitFor();
      await window.locator('.frames', { hasText: /^[1-9]/ }).waitFor();
    }
    // Two looks at the same canvas, some time apart, are two pictures.
    const look = `document.querySelector('canvas').toDataURL()`;
    const before = await page.evaluate(look);
    await expect.poll(() => page.evaluate(look)).not.toBe(before);
  });

  test('shows every letter of a note in the other window', async () => {
    await ada.getByLabel('Title of a new note').fill('Buy <b>oat</b> milk');
    await ada.getByRole('button', { name: 'Add' }).click();
    const deleting = grace.getByRole('button', { name: 'Delete the note Buy <b>oat</b> milk' });
    await deleting.waitFor();
    await noteOf(ada).getByLabel('Text').pressSequentially('two litres');
    await expect.poll(() => noteOf(grace).getByLabel('Text').inputValue()).toBe('two litres');
    // Whoever writes into the middle of a text stays there, whatever comes back from the server meanwhile.
    await noteOf(grace).getByLabel('Text').press('Home');
    await noteOf(grace).getByLabel('Text').pressSequentially('about ');
    await expect.poll(() => noteOf(ada).getByLabel('Text').inputValue()).toBe('about two litres');
    expect(await noteOf(grace).getByLabel('Title', { exact: true }).isEditable()).toBe(false);
    await deleting.click();
    await expect.poll(() => ada.locator('.notes li').count()).toBe(1);
  });

  test('shows what one window says in the other, under the name of who said it', async () => {
    await ada.getByLabel('Your name').fill('Ada L.');
    await ada.getByLabel('Your name').press('Enter');
    const said = grace.getByRole('log').getByRole('listitem');
    await message(ada).fill('Hello there');
    await message(ada).press('Enter');
    await said.filter({ hasText: 'Hello there' }).filter({ hasText: 'Ada L.' }).waitFor();
    await ada.locator('.chat li.mine', { hasText: 'Hello there' }).waitFor();
    expect(await message(ada).inputValue()).toBe('');
  });

  test('says who is typing', async () => {
    // The page tells it at most once a second.
    await expect
      .poll(async () => {
        await message(ada).pressSequentially('x');
        return grace.locator('.typing').textContent();
      })
      .toBe('Ada L. is typing …');
    await message(ada).fill('');
  });

  test('says why a reducer failed, in the words of the module, and gives the text back', async () => {
    await grace.getByRole('button', { name: 'Add' }).click();
    const problem = grace.getByRole('alert');
    await problem.waitFor();
    expect(await problem.textContent()).toBe('a note needs a title');
    // What was shown before the server had refused it is gone.
    expect(await grace.locator('.notes li').count()).toBe(1);
  });

  test('keeps its rows while it is offline, and goes on where the others are', async () => {
    const messages = ada.getByRole('log').getByRole('listitem');
    const before = await messages.count();
    await page.evaluate(`
      globalThis.counts = new Set();
      const list = document.querySelector('.chat ol');
      new MutationObserver(() => counts.add(list.childElementCount)).observe(list, { childList: true });
    `);
    await ada.getByRole('switch', { name: 'Online' }).click();
    await ada.getByText('offline', { exact: true }).waitFor();
    expect(await ada.getByRole('switch').getAttribute('aria-checked')).toBe('false');
    await message(grace).fill('Are you there?');
    await message(grace).press('Enter');
    await grace.locator('.chat li', { hasText: 'Are you there?' }).waitFor();
    expect(await messages.count()).toBe(before);
    await ada.getByRole('switch', { name: 'Online' }).click();
    await messages.filter({ hasText: 'Are you there?' }).waitFor();
    // The new message came into the rows that were there: nothing was ever cleared.
    expect(await page.evaluate('[...counts]')).toEqual([before + 1]);
  });

  test('keeps what is written offline, over a reload too, and sends it in order', async () => {
    await ada.getByRole('switch', { name: 'Online' }).click();
    await ada.getByText('offline', { exact: true }).waitFor();
    await ada.getByLabel('Title of a new note').fill('Written on a train');
    await ada.getByRole('button', { name: 'Add' }).click();
    const note = ada.locator('.notes li').filter({ has: page.getByLabel('Delete the note Written on a train') });
    await note.getByLabel('Text').pressSequentially('in a tunnel');
    await note.getByText('waits for the server').waitFor();
    // One for the note, and one for each letter.
    await ada.locator('.pending', { hasText: /^12$/ }).waitFor();
    expect(await grace.getByLabel('Delete the note Written on a train').count()).toBe(0);

    // A call is kept when its promise says that it waits, which is when IndexedDB has it. One mark is for all of them.
    await expect.poll(() => page.evaluate(queuedInIndexedDb)).toBe(13);
    await page.reload();
    await grace.getByLabel('Delete the note Written on a train').waitFor();
    await expect.poll(() => noteOf(grace).getByLabel('Text').inputValue()).toBe('in a tunnel');
    await ada.locator('.pending', { hasText: /^0$/ }).waitFor();
    expect(await ada.getByLabel('Your name').inputValue()).toBe('Ada L.');
    await grace.getByLabel('Delete the note Written on a train').click();
    await expect.poll(() => ada.locator('.notes li').count()).toBe(1);
  });

  test('can be used with the keyboard alone, in the order in which it is read', async () => {
    await ada.getByLabel('Your name').focus();
    const names: string[] = [];
    for (let at = 0; at < 11; at += 1) {
      await page.keyboard.press('Tab');
      names.push(
        String(
          await page.evaluate(`{
            const { ariaLabel, textContent } = document.activeElement;
            ariaLabel ?? textContent;
          }`),
        ),
      );
    }
    expect(names).toEqual([
      'Online',
      'The water. Click, or use the arrow keys, to move.',
      'Hold the picture still',
      'Title of a new note',
      'Add',
      'Title',
      'Text',
      'Delete the note Write into this note',
      'Messages',
      'Message',
      'Send',
    ]);
  });

  test('says what everything is to who cannot see it', async () => {
    const tree = await ada.ariaSnapshot();
    for (const part of [
      '- status: connected',
      '- switch "Online" [checked]',
      '- application "The water. Click, or use the arrow keys, to move."',
      '- button "Hold the picture still"',
      '- region "Notes"',
      '- heading "Notes" [level=2]',
      '- log "Messages"',
    ]) {
      expect(tree).toContain(part);
    }
  });

  test('holds still where less motion is asked for, until it is told otherwise', async () => {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    const still = ada.getByRole('button', { name: 'Hold the picture still' });
    await expect.poll(() => still.getAttribute('aria-pressed')).toBe('true');
    await ada.locator('.frames', { hasText: /^[012]$/ }).waitFor();
    await still.click();
    await ada.locator('.frames', { hasText: /^([3-9]|\d\d+)$/ }).waitFor();
    await page.emulateMedia({ reducedMotion: 'no-preference' });
  });

  test('fits a narrow screen', async () => {
    await page.setViewportSize({ width: 360, height: 720 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    const hidden = `[...document.querySelectorAll('.window, .water, .card')].filter((box) => box.scrollWidth > box.clientWidth).length`;
    expect(await page.evaluate(hidden)).toBe(0);
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  test('says nothing on the console', () => {
    expect(complaints).toEqual([]);
  });

  test('loads nothing from elsewhere, under a policy that allows no code but its own', async () => {
    const policy = (await page.request.get(url)).headers()['content-security-policy'] ?? '';
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
    expect(policy).not.toContain('unsafe');
    const database = /connect-src (\S+)/.exec(policy)?.[1];
    expect([new URL(url).origin, database]).toEqual(expect.arrayContaining([...requested]));
    // A complaint that is wanted. Later, since what the debugger runs at once is exempt.
    const outcome = await page.evaluate(`new Promise((resolve) => setTimeout(() => {
      try { resolve(eval('"ran"')); } catch (error) { resolve(error.name); }
    }))`);
    expect(outcome).toBe('EvalError');
  });
});
