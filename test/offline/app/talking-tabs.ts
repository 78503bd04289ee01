import { type BrowserContext, type CDPSession, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { type EmbeddedServer } from '../../../src/embedded/index.ts';
import { type BrowserPage } from '../../support/browser-page.ts';
import { type SeededRandom } from '../../support/random.ts';
import { type TcpProxy } from '../../support/tcp-proxy.ts';

/** What happened, in numbers. */
export interface TalkReport {
  calls: number;
  promised: number;
  refused: number;
  twice: number;
  /** Tabs that were closed, loaded anew or crashed without a word. */
  deaths: number;
  cuts: number;
}

/** A call, as far as anybody told of it. */
interface Call {
  /** In which of all runs of the app it was made: others may send theirs meanwhile. */
  readonly run: number;
  isPromised: boolean;
  hasEnded: boolean;
  /** Whether the network broke before its end was told, or a tab found it in the store as one that may have been sent: it may be sent again. */
  isDoubtful: boolean;
}

interface Tab {
  readonly page: Page;
  /** The number of the run of the app in it; it is another one once it was loaded anew. */
  run: number;
  /** Whether its process is gone. Tabs of one site may share one. */
  isDead: boolean;
}

/**
 * Tabs of one site, in a browser with its own IndexedDB and its own Web Locks, which make calls whatever happens to them: they go offline, share a bad network,
 * are loaded anew, closed or crash without a word, and their browser is full now and then. What was promised has to arrive, once unless something broke
 * meanwhile, and in order.
 */
export class TalkingTabs {
  readonly #context: BrowserContext;
  readonly #url: string;
  readonly #server: EmbeddedServer;
  readonly #proxy: TcpProxy;
  readonly #random: SeededRandom;
  readonly #report: TalkReport;
  readonly #calls = new Map<number, Call>();
  readonly #problems: string[] = [];
  #tabs: Tab[] = [];
  #runs = 0;
  #isCut = false;
  #quota: CDPSession | undefined;

  constructor(
    context: BrowserContext,
    browserPage: BrowserPage,
    network: { readonly server: EmbeddedServer; readonly proxy: TcpProxy },
    random: SeededRandom,
    report: TalkReport,
  ) {
    this.#context = context;
    this.#url = browserPage.url;
    this.#server = network.server;
    this.#proxy = network.proxy;
    this.#random = random;
    this.#report = report;
  }

  async run(steps: number): Promise<void> {
    await this.#context.exposeFunction('tellTest', (text: string) => this.#hear(text));
    // Who the site is to the server is known before there are several tabs of it.
    const newcomer = await this.#open();
    await newcomer.page.evaluate('talk.introduce()');
    await this.#die(newcomer);
    await this.#open();
    for (let step = 0; step < steps; step++) {
      await this.#step();
      await this.#requireOneWriter();
      if (this.#random.chance(0.5)) await new Promise((resolve) => setTimeout(resolve, this.#random.below(60)));
    }
    await this.#finish();
    this.#judge();
  }

  async #step(): Promise<void> {
    const random = this.#random;
    const what = random.below(20);
    if (this.#tabs.length === 0 || (what < 3 && this.#tabs.length < 3)) return void (await this.#open());
    const tab = random.pick(this.#tabs);
    if (what < 11) return this.#call(tab);
    if (what < 13) return this.#do(tab, 'talk.connect()');
    if (what === 13) {
      this.#doubt();
      return this.#do(tab, 'talk.disconnect()');
    }
    if (what < 16) return this.#weather();
    if (what === 16) return this.#die(tab);
    if (what === 17) return this.#crash(tab);
    if (what === 18) return this.#reload(tab);
    return this.#fill(tab);
  }

  async #open(): Promise<Tab> {
    const page = await this.#context.newPage();
    const tab: Tab = { page, run: 0, isDead: false };
    page.on('crash', () => (tab.isDead = true));
    await page.goto(this.#url);
    await this.#load(tab);
    this.#tabs.push(tab);
    return tab;
  }

  async #load(tab: Tab): Promise<void> {
    const { page } = tab;
    tab.run = ++this.#runs;
    await page.waitForFunction('globalThis.openTalk');
    await page.evaluate(`openTalk(${JSON.stringify(this.#proxy.host)})`);
    await page.evaluate('talk.connect()');
  }

  async #call(tab: Tab): Promise<void> {
    const first = this.#calls.size + 1;
    const count = 1 + this.#random.below(12);
    for (let number = first; number < first + count; number++) {
      this.#calls.set(number, { run: tab.run, isPromised: false, hasEnded: false, isDoubtful: false });
    }
    await this.#do(tab, `talk.call(${first}, ${count})`);
  }

  async #do({ page }: Tab, script: string): Promise<void> {
    await page.evaluate(script);
  }

  /** The network of all tabs breaks, or is there again. */
  async #weather(): Promise<void> {
    this.#doubt();
    this.#isCut = !this.#isCut;
    if (!this.#isCut) return this.#proxy.restart();
    this.#report.cuts++;
    return this.#proxy.kill();
  }

  async #die(tab: Tab): Promise<void> {
    this.#leave(tab);
    await tab.page.close({ runBeforeUnload: false });
  }

  async #crash(tab: Tab): Promise<void> {
    const session = await this.#context.newCDPSession(tab.page);
    const crashed = tab.page.waitForEvent('crash');
    session.send('Page.crash').catch(() => undefined);
    await crashed;
    for (const dead of this.#tabs.filter(({ isDead }) => isDead)) await this.#die(dead);
  }

  async #reload(tab: Tab): Promise<void> {
    this.#report.deaths++;
    await tab.page.reload();
    await this.#load(tab);
  }

  /** The browser has no room for the site, until it has again, or the tab is gone. */
  async #fill(tab: Tab): Promise<void> {
    const origin = this.#url.slice(0, -1);
    const former = this.#quota;
    this.#quota = undefined;
    if (former !== undefined) {
      await former.send('Storage.overrideQuotaForOrigin', { origin }).catch(() => undefined);
      return;
    }
    this.#quota = await this.#context.newCDPSession(tab.page);
    await this.#quota.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 });
  }

  #leave(tab: Tab): void {
    this.#report.deaths++;
    this.#tabs = this.#tabs.filter((other) => other !== tab);
  }

  /** The network breaks: whatever has not come to its end may have been on its way. */
  #doubt(): void {
    for (const call of this.#calls.values()) if (!call.hasEnded) call.isDoubtful = true;
  }

  #hear(text: string): void {
    const [kind, number, what = '', mark] = text.split(' ');
    const call = this.#calls.get(Number(number));
    if (kind === 'problem' || call === undefined) {
      if (!/quota/i.test(text)) this.#problems.push(text);
    } else if (kind === 'promised') {
      call.isPromised = true;
    } else if (kind === 'found') {
      call.isDoubtful ||= what === 'uncertain';
    } else if (kind === 'refused') {
      call.hasEnded = true;
      this.#report.refused++;
    } else {
      call.hasEnded = true;
      // A note that was made already is refused, which is told only of those that were in doubt.
      if (what !== 'committed' && !(what === 'rejected' && mark === '?')) this.#problems.push(text);
    }
  }

  async #requireOneWriter(): Promise<void> {
    const storages = await Promise.all(this.#tabs.map(({ page }) => page.evaluate<string>('talk.storage')));
    expect(storages.filter((storage) => storage === 'readWrite').length).toBeLessThanOrEqual(1);
  }

  /** Everybody but one is gone, and everything comes to its end. */
  async #finish(): Promise<void> {
    if (this.#isCut) await this.#weather();
    if (this.#quota !== undefined && this.#tabs[0] !== undefined) await this.#fill(this.#tabs[0]);
    for (const tab of this.#tabs.slice(1)) await this.#die(tab);
    const last = this.#tabs[0] ?? (await this.#open());
    await this.#do(last, 'talk.connect()');
    await this.#do(last, 'talk.finish()');
    await this.#die(last);
    // Nothing is left for the next one, either.
    const next = await this.#open();
    await this.#do(next, 'talk.finish()');
    await this.#die(next);
  }

  #judge(): void {
    expect(this.#problems).toEqual([]);
    const messages = this.#server
      .query('SELECT * FROM message')
      .map(({ id, text }) => ({ id: BigInt(String(id)), number: Number(text) }))
      .sort((left, right) => (left.id < right.id ? -1 : 1))
      .map(({ number }) => number);
    const notes = this.#server.query('SELECT * FROM note').map(({ title }) => Number(title));
    const arrived = new Set([...messages, ...notes]);
    const numbersOf = (which: (call: Call) => boolean): number[] =>
      [...this.#calls].flatMap(([number, call]) => (which(call) ? number : []));
    const promised = numbersOf(({ isPromised }) => isPromised);
    expect(promised.filter((number) => !arrived.has(number))).toEqual([]);
    const twice = new Set(messages.filter((number, index) => messages.indexOf(number) < index));
    const doubtful = new Set(numbersOf(({ isDoubtful }) => isDoubtful));
    expect([...twice].filter((number) => !doubtful.has(number))).toEqual([]);
    const firsts = [...new Set(messages)];
    for (let run = 1; run <= this.#runs; run++) {
      const ofRun = firsts.filter((number) => this.#calls.get(number)?.run === run);
      expect(ofRun).toEqual([...ofRun].sort((left, right) => left - right));
    }
    expect([...arrived].filter((number) => !this.#calls.has(number))).toEqual([]);
    this.#report.calls += this.#calls.size;
    this.#report.promised += promised.length;
    this.#report.twice += twice.size;
  }
}
