import { expect } from 'vitest';
import { Identity } from '../../../src/bsatn/special/identity.ts';
import { IndexedDbOfflineStorage } from '../../../src/offline/indexed-db-offline-storage.ts';
import { OptimisticChange } from '../../../src/store/overlay/optimistic-change.ts';
import { type PendingMutation } from '../../../src/sync/pending-mutation.ts';
import {
  all,
  committed,
  scoreChange,
  scores,
  ScriptedClient,
  settingChange,
  settings,
  transaction,
} from '../../client/scripted-client.ts';
import { type Setting } from '../../generated/reference/index.ts';
import { settled } from '../../support/fake-clock.ts';
import { type CallReducer } from '../offline-client.ts';
import { type FakeBrowser, type FakeTab } from './fake-browser.ts';
import { isKept, listen, type ModelCall, numberOf, sentNumberOf } from './model-call.ts';
import { type Name, type TabCommand } from './tab-command.ts';

const identities: Readonly<Record<Name, Identity>> = { ann: new Identity(1n), bob: new Identity(2n) };

/** What happened in a world: tabs that died or became the writer after another one, calls, of them those that were promised, and those that came twice. */
export type Counts = Readonly<Record<'deaths' | 'takenOver' | 'calls' | 'kept' | 'twice', number>>;

/** A tab with the app in it. */
class Tab {
  readonly inBrowser: FakeTab;
  /** Undefined until the app has loaded its store. */
  scripted: ScriptedClient | undefined;
  /** Who it is on its socket; undefined without one. */
  as: Name | undefined;
  /** Whether the server has answered with the rows on this socket. */
  isLive = false;
  sets = { scores: 0, settings: 0 };
  /** How many of the subscriptions that came on its socket the server has answered. */
  subscribed = 0;
  /** How many of the calls that came on its socket the server has dealt with, and how many were looked at. */
  served = 0;
  seen = 0;
  /** The calls that it had an answer to. */
  readonly answered = new Set<number>();

  constructor(browser: FakeBrowser, onDied: (tab: Tab) => void) {
    this.inBrowser = browser.newTab(() => onDied(this));
  }

  /** The calls that came on its socket. */
  get calls(): readonly CallReducer[] {
    if (this.as === undefined || this.scripted === undefined) return [];
    return this.scripted.socket.messages.filter((message): message is CallReducer => message.tag === 'CallReducer');
  }
}

/**
 * The tabs of one site, whose clients share a store in an IndexedDB that is of memory; a server that does what a test says; and a model that only counts: what
 * was promised to whom, what the server was told, by whom, and what it told. A tab can die in any operation on the store.
 */
export class TabsWorld {
  readonly #browser: FakeBrowser;
  #tabs: readonly Tab[] = [];
  readonly #calls: ModelCall[] = [];
  readonly #errors: unknown[] = [];
  /** Which calls are on whose open socket, without an answer. */
  readonly #inFlight = new Map<number, Tab>();
  readonly #scores = new Set<number>();
  readonly #settings = new Map<string, Setting>();
  /** All settings, as the server told them to each of the two at any time. */
  readonly #told: Readonly<Record<Name, Set<string>>> = { ann: new Set(['[]']), bob: new Set(['[]']) };
  #versions = 0;
  #wasFull = false;
  #takenOver = 0;
  #deaths = 0;

  constructor(browser: FakeBrowser) {
    this.#browser = browser;
  }

  /** How much has happened, for whoever wants to know whether anything did. */
  get counts(): Counts {
    const kept = this.#calls.filter(isKept).length;
    const twice = this.#calls.filter(({ carriedOut }) => carriedOut > 1).length;
    return { deaths: this.#deaths, takenOver: this.#takenOver, calls: this.#calls.length, kept, twice };
  }

  async run(command: TabCommand): Promise<void> {
    await this.#perform(command);
    await settled();
    for (const tab of this.#tabs) this.#answerAgain(tab);
    await settled();
    this.#check();
  }

  /** All tabs die, and another one comes: it brings every call to its end that was promised to anybody. */
  async finish(): Promise<void> {
    await this.run({ kind: 'full', isFull: false });
    for (const { inBrowser } of this.#tabs) inBrowser.die();
    await this.run({ kind: 'open' });
    const [tab] = this.#tabs;
    if (tab?.scripted === undefined) throw new Error('the last tab did not open');
    for (const as of ['ann', 'bob'] as const) {
      await this.run({ kind: 'break', tab: 0, served: 0 });
      await this.run({ kind: 'connect', tab: 0, as, isAnswered: true });
      for (let rest = this.#calls.length; rest >= 0; rest--) await this.run({ kind: 'serve', tab: 0 });
    }
    const { client } = tab.scripted;
    expect(client.pendingMutations.peek()).toEqual([]);
    expect([...this.#browser.values.keys()].filter((key) => key.startsWith('call/'))).toEqual([]);
    expect(tab.scripted.points).toEqual([...this.#scores].sort((left, right) => left - right));
    const lost = this.#calls.filter((call) => isKept(call) && call.carriedOut === 0);
    expect(lost).toEqual([]);
    await this.#close(tab);
    expect(this.#errors.map(String).filter((text) => !this.#isExpected(text))).toEqual([]);
  }

  /** A store that was full may have the rows and not whose they are: then nobody is shown them. */
  #isExpected(error: string): boolean {
    if (!this.#wasFull) return false;
    return (
      error.includes('QuotaExceededError') || error.includes('which are left out: they are of another database or')
    );
  }

  async #perform(command: TabCommand): Promise<void> {
    if (command.kind === 'open') return this.#open();
    if (command.kind === 'remote') return this.#remote(`k${command.key}`);
    if (command.kind === 'full') {
      this.#browser.isFull = command.isFull;
      this.#wasFull ||= command.isFull;
      return undefined;
    }
    const tab = this.#tabs[command.tab % this.#tabs.length];
    if (tab?.scripted === undefined) return undefined;
    switch (command.kind) {
      case 'call':
        return this.#call(tab.scripted, command.predicted);
      case 'connect':
        await this.#connect(tab, tab.scripted, command.as);
        if (command.isAnswered) this.#answer(tab);
        return undefined;
      case 'answer':
        return this.#answer(tab);
      case 'serve': {
        const call = this.#nextCall(tab);
        if (call !== undefined) this.#serve(tab, tab.scripted, call);
        return undefined;
      }
      case 'break': {
        for (let count = 0; count < command.served; count++) {
          const call = this.#nextCall(tab);
          if (call !== undefined) this.#carryOut(tab, sentNumberOf(call));
        }
        if (tab.as === undefined) return undefined;
        this.#lose(tab);
        tab.scripted.socket.drop();
        return undefined;
      }
      case 'wait':
        // A tab without a connection would make one.
        return tab.scripted.clock.advance(tab.as === undefined ? 10 : 5000);
      case 'close':
        return this.#close(tab);
      case 'kill':
        return tab.inBrowser.dieAfter(command.after, command.isDone);
    }
  }

  async #open(): Promise<void> {
    if (this.#tabs.length === 3) return;
    const tab = new Tab(this.#browser, (died) => this.#onDied(died));
    this.#tabs = [...this.#tabs, tab];
    const storage = new IndexedDbOfflineStorage(`site#${tab.inBrowser.number}`, { mergeAt: 3 });
    const opening = ScriptedClient.create({ offlineStorage: storage, idleProbeMs: 86_400_000 });
    void opening.then((scripted) => this.#onOpened(tab, scripted));
    await settled();
  }

  /** Shows what the store holds, which is of whom the client is. */
  #onOpened(tab: Tab, scripted: ScriptedClient): void {
    const { client } = scripted;
    tab.scripted = scripted;
    let access = client.syncState.peek().storage;
    this.#checkLoaded(client.pendingMutations.peek());
    client.onSyncStateChanged(({ storage }) => {
      if (access === 'readOnly' && storage === 'readWrite') {
        this.#takenOver++;
        this.#checkLoaded(client.pendingMutations.peek());
      }
      access = storage;
    });
    const me = nameOf(client.identity.peek());
    const shown = print(client.setting.rows.peek());
    if (me === undefined) expect(shown).toBe('[]');
    else expect(this.#told[me]).toContain(shown);
    tab.sets = {
      scores: client.subscriptions.subscribe(all).querySetId,
      settings: client.subscriptions.subscribe('SELECT * FROM setting').querySetId,
    };
  }

  /** A writer knows of the calls that it finds which may have been sent. */
  #checkLoaded(mutations: readonly PendingMutation[]): void {
    for (const { args, state } of mutations) {
      const call = this.#calls[numberOf(args)];
      if (call?.isSent === true) expect(state).not.toBe('queued');
    }
  }

  /** Whatever it sent has been sent; nothing else of it counts. */
  #onDied(tab: Tab): void {
    this.#deaths++;
    this.#look(tab);
    this.#lose(tab);
    this.#leave(tab);
  }

  #leave(tab: Tab): void {
    this.#hearErrors(tab);
    this.#tabs = this.#tabs.filter((other) => other !== tab);
  }

  async #close(tab: Tab): Promise<void> {
    this.#look(tab);
    this.#lose(tab);
    // It may die in what it does last.
    const closed = tab.scripted?.[Symbol.asyncDispose]();
    await Promise.race([closed, settled()]);
    this.#leave(tab);
  }

  #hearErrors({ scripted }: Tab): void {
    this.#errors.push(...(scripted?.errors ?? []));
  }

  #call({ client }: ScriptedClient, isPredicted: boolean): void {
    const number = this.#calls.length;
    const row = { player: 'ann', points: BigInt(number) };
    const call: ModelCall = {
      owner: nameOf(client.identity.peek()),
      promised: 'nothing',
      isSent: false,
      carriedOut: 0,
    };
    this.#calls.push(call);
    const optimisticChanges = isPredicted ? [OptimisticChange.insertRow(client.score, row)] : [];
    void listen(call, client.reducers.addScore(row, { optimisticChanges }));
  }

  async #connect(tab: Tab, scripted: ScriptedClient, as: Name): Promise<void> {
    if (tab.as !== undefined) return;
    const { client } = scripted;
    if (client.connection.state.peek().status === 'reconnecting') {
      await scripted.comeBack({ identity: identities[as] });
    } else {
      client.connect().catch(() => undefined);
      await settled();
      scripted.socket.introduce({ identity: identities[as] });
    }
    if (tab.inBrowser.isDead) return;
    Object.assign(tab, { as, isLive: false, served: 0, seen: 0 });
  }

  #answer(tab: Tab): void {
    if (tab.as === undefined || tab.isLive) return;
    tab.isLive = true;
    tab.subscribed = 0;
    this.#answerAgain(tab);
  }

  /** The server answers what a live tab has subscribed to since; one that takes over asks for its rows anew. */
  #answerAgain(tab: Tab): void {
    const { scripted, sets, isLive, inBrowser } = tab;
    if (scripted === undefined || !isLive) return;
    const asked = scripted.socket.messages.flatMap((message) =>
      message.tag === 'Subscribe' ? message.querySetId : [],
    );
    const unanswered = asked.slice(tab.subscribed);
    tab.subscribed = asked.length;
    if (unanswered.includes(sets.scores)) scripted.answer(sets.scores, scores(...this.#scores));
    if (!unanswered.includes(sets.settings) || inBrowser.isDead) return;
    this.#tellSettings(tab);
    scripted.answer(sets.settings, settings(...this.#settings.values()));
  }

  #nextCall(tab: Tab): CallReducer | undefined {
    if (!tab.isLive) return undefined;
    this.#look(tab);
    const call = tab.calls[tab.served];
    if (call !== undefined) tab.served++;
    return call;
  }

  #serve(tab: Tab, { socket }: ScriptedClient, call: CallReducer): void {
    const number = sentNumberOf(call);
    const isNew = this.#carryOut(tab, number);
    this.#inFlight.delete(number);
    tab.answered.add(number);
    const change = isNew ? [scoreChange(tab.sets.scores, { inserts: [number] })] : [];
    socket.receive(committed(call.requestId, ...change));
  }

  /** Whether that changed anything, of which everybody else has been told. */
  #carryOut(caller: Tab, number: number): boolean {
    const call = this.#calls[number];
    if (call === undefined) throw new Error(`the server was given call ${number}, which nobody made`);
    call.carriedOut++;
    if (this.#scores.has(number)) return false;
    this.#scores.add(number);
    for (const tab of this.#tabs) {
      if (!tab.isLive || tab === caller) continue;
      tab.scripted?.socket.receive(transaction(scoreChange(tab.sets.scores, { inserts: [number] })));
    }
    return true;
  }

  #remote(key: string): void {
    const before = this.#settings.get(key);
    const row = { key, slot: Number(key.slice(1)), value: `v${this.#versions++}` };
    this.#settings.set(key, row);
    for (const tab of this.#tabs) {
      if (!tab.isLive) continue;
      this.#tellSettings(tab);
      const change = { inserts: [row], deletes: before === undefined ? [] : [before] };
      tab.scripted?.socket.receive(transaction(settingChange(tab.sets.settings, change)));
    }
  }

  #tellSettings({ as }: Tab): void {
    if (as !== undefined) this.#told[as].add(print(this.#settings.values()));
  }

  /** The socket of a tab is no more. */
  #lose(tab: Tab): void {
    this.#look(tab);
    tab.as = undefined;
    tab.isLive = false;
    for (const [number, by] of this.#inFlight) if (by === tab) this.#inFlight.delete(number);
  }

  /** What the tab has sent since somebody looked last: each call under its own identity, and while nobody else has it under way. */
  #look(tab: Tab): void {
    const { calls, as } = tab;
    for (const call of calls.slice(tab.seen)) {
      const number = sentNumberOf(call);
      const known = this.#calls[number];
      if (known === undefined) throw new Error(`call ${number} was sent, which nobody made`);
      known.owner ??= as;
      known.isSent = true;
      expect(known.owner).toBe(as);
      expect(this.#inFlight.get(number)).toBeUndefined();
      expect(tab.answered).not.toContain(number);
      this.#inFlight.set(number, tab);
    }
    tab.seen = calls.length;
  }

  #check(): void {
    const writers = this.#tabs.filter(({ scripted }) => scripted?.client.syncState.peek().storage === 'readWrite');
    expect(writers.length).toBeLessThanOrEqual(1);
    for (const tab of this.#tabs) {
      this.#look(tab);
      if (!tab.isLive) continue;
      expect(print(tab.scripted?.client.setting.rows.peek() ?? [])).toBe(print(this.#settings.values()));
    }
  }
}

function nameOf(identity: Identity | undefined): Name | undefined {
  if (identity === undefined) return undefined;
  return identity.equals(identities.ann) ? 'ann' : 'bob';
}

function print(rows: Iterable<Setting>): string {
  const texts = Array.from(rows, ({ key, value }) => `${key} ${value}`);
  return JSON.stringify(texts.sort());
}
