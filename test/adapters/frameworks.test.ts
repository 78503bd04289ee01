import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type SpacetimeDbClient } from '../generated/reference/index.ts';
import { seedsOf } from '../simulation/seeds.ts';
import { launchChromium, skipsBrowserTests } from '../support/browser.ts';
import { eventually, type LiveServer, startLiveServer } from '../support/live-clients.ts';
import { type PageOptions, type PageServer, servePage } from '../support/page-server.ts';
import { patienceMs } from '../support/patience.ts';
import { sveltePluginFor } from '../support/svelte-plugin.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { vueFlags } from '../support/vue-plugin.ts';

/** What rendered how often, and what was shown one after the other. */
interface Renders {
  readonly renders: Readonly<Record<string, number>>;
  readonly texts: readonly string[];
}

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const react18 = (name: string): string => at(`../fixtures/react-18/node_modules/${name}`);

const frameworks: Readonly<Record<string, PageOptions & { readonly page: string }>> = {
  'preact 11': {
    page: 'preact.ts',
    // The same components as React's.
    alias: { react: at('pages/preact-as-react.ts'), 'spacetimedb-signals/react': at('../../src/adapters/preact.ts') },
  },
  'react 19': { page: 'react.ts' },
  'solid 1': { page: 'solid.ts' },
  'svelte 5': { page: 'svelte.ts', plugins: [sveltePluginFor('client')] },
  'vue 3': { page: 'vue.ts', define: vueFlags },
  'react 18': { page: 'react.ts', alias: { react: react18('react'), 'react-dom': react18('react-dom') } },
};

const room7 = 'SELECT * FROM message WHERE room = 7';
const inbox = "SELECT * FROM note WHERE folder = 'inbox'";
const many = 10_000;
const churnSeeds = seedsOf(1);
const churnSteps = 90;
/** For what comes in its own time. */
const patience = { timeout: patienceMs };
/** Every page has notes of its own. */
let nextNoteId = 1000;

describe.skipIf(skipsBrowserTests())('in a browser', () => {
  let live: LiveServer;
  let proxy: TcpProxy;
  let browser: Browser;
  /** Somebody else, who changes what the pages show. */
  let other: SpacetimeDbClient;

  beforeAll(async () => {
    live = await startLiveServer();
    proxy = await startTcpProxy(Number(live.server.host.split(':')[1]));
    other = await live.connect([room7]);
    await other.reducers.spawn({ firstId: 1, count: many });
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser?.close();
    await proxy?.[Symbol.asyncDispose]();
    await live?.[Symbol.asyncDispose]();
  });

  describe.each(Object.entries(frameworks))('%s', (name, { page: entry, ...options }) => {
    let pages: PageServer;
    let context: BrowserContext;
    let page: Page;
    let framesSent = 0;
    const complaints: string[] = [];

    // One page for all tests, loaded anew for each: the browser needs longer for a page of its own than most tests.
    beforeAll(async () => {
      pages = await servePage(new URL(`pages/${entry}`, import.meta.url), options);
      context = await browser.newContext();
      context.setDefaultTimeout(patienceMs);
      page = await context.newPage();
      page.on('console', (message) => {
        if (message.type() !== 'log' && message.type() !== 'info') complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('websocket', (socket) => socket.on('framesent', () => framesSent++));
    });

    afterAll(async () => {
      await context?.close();
      await pages?.[Symbol.asyncDispose]();
    });

    afterEach(async () => {
      expect(await page.evaluate('app.errors')).toEqual([]);
      expect(complaints.splice(0)).toEqual([]);
      await page.goto('about:blank');
    });

    /** Opens the app with a client that is subscribed to `queries`. */
    async function open(...queries: string[]): Promise<void> {
      await page.goto(pages.url);
      await page.evaluate(`app.create(${JSON.stringify(proxy.host)})`);
      await page.evaluate(`app.client.connect({ initialSubscriptions: ${JSON.stringify(queries)} })`);
    }

    const mount = (part: string, more: object = {}): Promise<void> =>
      page.evaluate(`app.mount(${JSON.stringify(part)}, ${JSON.stringify(more)})`);
    const unmount = (): Promise<void> => page.evaluate('app.unmount()');
    const takeRenders = (): Promise<Renders> => page.evaluate('app.takeRenders()');
    const shows = (selector: string, text: string | RegExp): Promise<void> =>
      page.locator(selector, { hasText: text }).waitFor();
    const watched = (): Promise<number> =>
      page.evaluate('Object.values(app.client.inspect().watched).reduce((sum, one) => sum + one, 0)');
    /** The ids of the live query sets, which count from 1: frames do not tell, since several messages may share one. */
    const querySets = (): Promise<readonly number[]> =>
      page.evaluate('app.client.inspect().querySets.map(({ id }) => id)');

    test('renders one component of a thousand when one row of ten thousand changes, and each once when each does', async () => {
      await other.reducers.moveEntity({ entityId: 1, position: { x: 0, y: 0, z: 0 } });
      await open('SELECT * FROM entity');
      await mount('entities');
      await shows('#e1000', /\d/);
      // Where the framework has nothing computed of its own, the list of keys watches the whole table.
      expect(await watched()).toBe(/^p?react/.test(name) ? 1001 : 1000);
      const { renders: first } = await takeRenders();
      expect(Object.values(first)).toEqual(Array.from({ length: 1001 }, () => 1));

      await other.reducers.moveEntity({ entityId: 500, position: { x: -1, y: 0, z: 0 } });
      await shows('#e500', '-1');
      await other.reducers.moveEntity({ entityId: 5000, position: { x: -1, y: 0, z: 0 } });
      await other.reducers.moveEntity({ entityId: 501, position: { x: -2, y: 0, z: 0 } });
      await shows('#e501', '-2');
      expect((await takeRenders()).renders).toEqual({ 'entity 500': 1, 'entity 501': 1 });

      await other.reducers.moveMany({ firstId: 1, count: many, step: 0.5 });
      await shows('#e1', '0.5');
      const { renders } = await takeRenders();
      expect(Object.keys(renders)).toHaveLength(1000);
      expect(new Set(Object.values(renders))).toEqual(new Set([1]));

      await unmount();
      await expect.poll(watched, patience).toBe(0);
    });

    test('renders once for a transaction that changes three tables of what one component reads', async () => {
      await open('SELECT * FROM entity', inbox, 'SELECT * FROM score', 'SELECT * FROM message');
      // Without a primary key, a score that is there already would not be another one.
      await other.reducers.removeScore({ player: 'inbox', points: 3n });
      await mount('dashboard');
      for (const id of ['1n', '2n', '3n']) {
        await page.evaluate(
          `app.client.reducers.createNote({ id: ${id}, folder: 'inbox', title: 'a', body: '', tags: [] })`,
        );
      }
      const before: { scores: number; lobby: number } = JSON.parse((await page.textContent('#dashboard')) ?? '');
      expect(before).toMatchObject({ status: 'connected', notes: 3, inbox: 3, folders: 'inbox', y: 0 });
      await takeRenders();

      await page.evaluate(`app.client.reducers.archiveFolder({ folder: 'inbox' })`);
      await shows('#dashboard', '"folders":""');
      expect(JSON.parse((await page.textContent('#dashboard')) ?? '')).toMatchObject({
        notes: 0,
        inbox: 0,
        scores: before.scores + 1,
        lobby: before.lobby + 1,
      });
      expect((await takeRenders()).renders).toEqual({ dashboard: 1 });

      await other.reducers.moveMany({ firstId: 1, count: 2, step: 1 });
      await expect.poll(async () => (await takeRenders()).renders, patience).toEqual({ dashboard: 1 });
      // Nothing of what is shown.
      await other.reducers.moveMany({ firstId: 3, count: 100, step: 1 });
      await page.evaluate('app.client.reducers.noop()');
      expect((await takeRenders()).renders).toEqual({});

      await unmount();
      await expect.poll(watched, patience).toBe(0);
    });

    test('subscribes as long as a component is mounted, and asks nothing again when it is back in time', async () => {
      await open();
      await other.reducers.say({ room: 7, text: 'first' });
      await mount('messages');
      await shows('#messages', /messages:.* first/);
      const { texts } = await takeRenders();
      expect(texts[0]).toBe('loading');
      expect(texts).toHaveLength(2);
      const sent = framesSent;
      await page.evaluate(`app.unmount(); app.mount('messages', { lingerMs: 0 })`);
      await expect.poll(() => page.textContent('#messages'), patience).toMatch(/messages:.* first/);
      const again = await takeRenders();
      expect([again.texts, framesSent, await querySets()]).toEqual([[texts[1]], sent, [1]]);

      await unmount();
      await expect.poll(querySets, patience).toEqual([]);
      expect(framesSent).toBe(sent + 1);
      await expect.poll(watched, patience).toBe(0);
      await mount('messages', { lingerMs: 0 });
      await shows('#messages', /messages:.* first/);
      await unmount();
    });

    test('says why there are no rows', async () => {
      await open();
      await mount('messages', { query: 'SELECT * FROM nothing_like_it', lingerMs: 0 });
      await shows('#messages', /failed: .*nothing_like_it/);
      await unmount();
      await expect.poll(querySets, patience).toEqual([]);
    });

    test('shows rows and readiness without a flash while the connection is lost and comes back', async () => {
      await open();
      await mount('messages');
      await shows('#messages', 'messages:');
      await takeRenders();
      await proxy.kill();
      await page.waitForFunction(`app.client.connection.state.peek().status === 'reconnecting'`);
      const text = `meanwhile-${Math.random()}`;
      await other.reducers.say({ room: 7, text });
      await proxy.restart();
      await shows('#messages', text);
      await page.waitForFunction('app.client.subscriptions.ready.peek()');
      const { renders, texts } = await takeRenders();
      expect(renders).toEqual({ messages: 1 });
      expect(texts).toEqual([await page.textContent('#messages')]);
      expect(complaints.splice(0).filter((text) => !text.includes('ERR_CONNECTION_REFUSED'))).toEqual([]);
      await unmount();
    });

    test('follows a key and queries that change, from what is not known yet', async () => {
      await open('SELECT * FROM entity');
      await other.reducers.moveEntity({ entityId: 1, position: { x: 11, y: 0, z: 0 } });
      await other.reducers.moveEntity({ entityId: 2, position: { x: 22, y: 0, z: 0 } });
      // What the other client has been told, this one may still be about to hear.
      await page.waitForFunction('[1, 2].every((id) => app.client.entity.find(id).position.x === 11 * id)');
      await mount('keyed');
      await shows('#keyed', 'undefined: undefined');
      expect([await watched(), await querySets()]).toEqual([0, [1]]);
      await page.click('#keyed');
      await shows('#keyed', '1: 11');
      await expect.poll(querySets, patience).toEqual([1, 2]);
      await page.click('#keyed');
      await shows('#keyed', '2: 22');
      await expect.poll(querySets, patience).toEqual([1, 3]);
      await expect.poll(watched, patience).toBe(1);
      expect((await takeRenders()).texts).toEqual(['undefined: undefined', '1: 11', '2: 22']);
      await other.reducers.moveEntity({ entityId: 2, position: { x: 222, y: 0, z: 0 } });
      await shows('#keyed', '2: 222');
      await unmount();
      await expect.poll(querySets, patience).toEqual([1]);
      await expect.poll(watched, patience).toBe(0);
    });

    test('shows that a call is under way, what came of it, and why it was refused', async () => {
      await open(room7);
      await mount('say');
      await shows('#say output', 'idle undefined undefined true');
      await page.click('#hello');
      await shows('#say output', 'idle undefined committed true');
      await page.click('#nothing');
      await shows('#say output', 'idle say something committed true');
      await page.click('#hello');
      await shows('#say output', 'idle undefined committed true');
      expect((await takeRenders()).texts).toEqual([
        'idle undefined undefined true',
        'pending undefined undefined true',
        'idle undefined committed true',
        'pending undefined committed true',
        'idle say something committed true',
        'pending undefined committed true',
        'idle undefined committed true',
      ]);
      await unmount();
    });

    test('shows what was edited offline at once and after a reload, until it is sent', async () => {
      const store = `notes of ${name}`;
      const noteId = (nextNoteId += 1);
      const createClient = (): Promise<void> =>
        page.evaluate(`app.create(${JSON.stringify(proxy.host)}, ${JSON.stringify(store)})`);
      const subscribed = `{ initialSubscriptions: 'SELECT * FROM note WHERE id = ${noteId}' }`;
      await open();
      await createClient();
      await page.evaluate(`app.client.connect(${subscribed})`);
      await mount('notes', { noteId });
      await proxy.kill();
      await page.waitForFunction(`app.client.connection.state.peek().status === 'reconnecting'`);
      await page.click('#notes');
      await shows('#notes', '1 waiting queued: added');

      await page.reload();
      await createClient();
      await page.evaluate(`void app.client.connect(${subscribed}).catch(() => undefined)`);
      await mount('notes', { noteId });
      await shows('#notes', '1 waiting settled: added');
      await proxy.restart();
      await shows('#notes', '0 waiting settled: added');
      const { texts } = await takeRenders();
      expect(texts).toEqual(['1 waiting settled: added', '0 waiting settled: added']);
      const [note] = await other.subscriptions.oneOffQuery(`SELECT * FROM note WHERE id = ${noteId}`);
      expect(note).toMatchObject({ title: 'added' });
      expect(complaints.splice(0).filter((text) => !text.includes('ERR_CONNECTION_REFUSED'))).toEqual([]);
      await unmount();
    });

    test('shows what is so, subscribes to what is shown, and leaves nothing behind, whatever comes and goes when', async () => {
      const isStrict = entry === 'react.ts';
      await open();
      await mount('tree', { isStrict });
      for (const seed of churnSeeds) {
        expect(await page.evaluate(`app.churn(${seed}, ${churnSteps})`)).toEqual([]);
      }
      await unmount();
      await expect.poll(querySets, patience).toEqual([]);
      await expect.poll(watched, patience).toBe(0);
    });

    if (entry !== 'react.ts') return;

    test('in strict mode subscribes once, and leaves nothing behind', async () => {
      await open();
      const sent = framesSent;
      await mount('messages', { isStrict: true });
      await shows('#messages', 'messages:');
      expect([framesSent, await querySets()]).toEqual([sent + 1, [1]]);
      await unmount();
      await expect.poll(querySets, patience).toEqual([]);
      await expect.poll(watched, patience).toBe(0);
    });

    test.each([true, false])(
      'suspends until the rows are here, without asking twice (strict mode: %s)',
      async (isStrict) => {
        await open();
        const sent = framesSent;
        await mount('suspense', { isStrict });
        await shows('#messages', 'messages:');
        const { texts, renders } = await takeRenders();
        // React begins anew for the answer, and strict mode begins everything twice.
        expect(renders['attempt']).toBeLessThanOrEqual(isStrict ? 8 : 4);
        expect([framesSent, await querySets(), texts.length]).toEqual([sent + 1, [1], 1]);
        await unmount();
        await expect.poll(querySets, patience).toEqual([]);
        await expect.poll(watched, patience).toBe(0);
      },
    );

    test('gives the error of a subscription that is waited for to the error boundary', async () => {
      await open();
      await mount('suspense', { query: 'SELECT * FROM nothing_like_it' });
      await shows('#failed', 'nothing_like_it');
      expect(complaints.splice(0).join()).toContain('nothing_like_it');
      await unmount();
      await expect.poll(querySets, patience).toEqual([]);
    });

    test('ends the subscription of a component that was given up while it was waited for', async () => {
      await open();
      await mount('suspense');
      await unmount();
      await expect.poll(querySets, patience).toEqual([]);
    });
  });

  test('nothing of it was left to nobody', async () => {
    await eventually('the last answers', () => other.inspect().pendingCalls === 0);
    expect(live.errors).toEqual([]);
  });
});
