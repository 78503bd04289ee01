import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type MachineState, transition } from '../../src/connection/machine.ts';
import { events, history, inputOf, tableOfCode } from './machine-samples.ts';

/** The rows under the heading `event | idle | …` of the page. */
function tableOfPage(): Record<string, Record<string, string>> {
  const page = readFileSync(new URL('../../src/connection/STATES.md', import.meta.url), 'utf8');
  const lines = page.split('\n').map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  const head = lines.findIndex((cells) => cells[1] === 'idle');
  const [, ...states] = lines[head] ?? [];
  const end = lines.findIndex((cells, index) => index > head && cells.length === 0);
  return Object.fromEntries(
    lines.slice(head + 2, end).map(([event = '', ...cells]) => {
      // The order of the outcomes in a cell means nothing.
      const sorted = cells.map((cell) => cell.split('<br>').sort().join('<br>'));
      return [
        event.replaceAll('`', ''),
        Object.fromEntries(states.map((state, index) => [state, sorted[index] ?? ''])),
      ];
    }),
  );
}

const open = (change: Partial<Extract<MachineState, { status: 'open' }>> = {}): MachineState => ({
  status: 'open',
  history: history(),
  healthySince: undefined,
  ...change,
});
const opening = (past = history()): MachineState => ({ status: 'opening', history: past });

describe('the machine', () => {
  test('does what the table of STATES.md says, cell by cell', () => {
    expect(tableOfPage()).toEqual(tableOfCode());
  });

  test('waits for a random part of a bound that doubles up to its cap', () => {
    const delays = [0, 1, 2, 3, 4, 5, 6, 60].map((failures) => {
      const { state } = transition(opening(history({ failures })), events.lost, inputOf({ random: 1 }));
      return state.status === 'waiting' ? state.delayMs : undefined;
    });
    expect(delays).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    const { state } = transition(opening(history({ failures: 3 })), events.lost, inputOf({ random: 0.25 }));
    expect(state).toMatchObject({ status: 'waiting', delayMs: 2000, history: { failures: 4 } });
  });

  test('waits for the slow probe while there is no network, and does not count such an attempt', () => {
    const input = inputOf({ isOnline: false }, { maxAttempts: 2, offlineProbeMs: 60_000 });
    const { state, commands } = transition(opening(history({ failures: 2 })), events.lost, input);
    expect(state).toMatchObject({ status: 'waiting', delayMs: 60_000, history: { failures: 2 } });
    expect(commands.at(-1)).toEqual({ kind: 'startTimer', delayMs: 60_000 });
    expect(transition(state, events.visible, input).state).toBe(state);
    expect(transition(state, events.online, inputOf()).state.status).toBe('opening');
    // The first loss is attempt 1 all the same: that is what it is called outside.
    expect(transition(open(), events.lost, input).state).toMatchObject({ history: { failures: 1 } });
  });

  test('gives up when the bound of attempts is met, and says how many there were and why the last one failed', () => {
    const input = inputOf({}, { maxAttempts: 3 });
    expect(transition(opening(history({ failures: 2 })), events.lost, input).state.status).toBe('waiting');
    expect(transition(opening(history({ failures: 3 })), events.lost, input).state).toEqual({
      status: 'stopped',
      because: 'fatal',
      message: 'gave up after 3 attempts to reconnect: it broke',
    });
  });

  test('lets a first attempt fail, or tries it again where that is wanted', () => {
    const first = opening(history({ hasConnected: false }));
    expect(transition(first, events.lost, inputOf()).state).toEqual({ status: 'idle' });
    expect(transition(first, events.lost, inputOf({}, { retryInitialConnect: true })).state.status).toBe('waiting');
  });

  test('forgets the failures with a healthy connection, not with one that only opens', () => {
    const opened = transition(opening(history({ failures: 4 })), events.opened, inputOf()).state;
    expect(opened).toMatchObject({ history: { failures: 4 } });
    expect(transition(opened, events.lost, inputOf()).state).toMatchObject({ history: { failures: 5 } });
    const healthy = transition(opened, events.healthy, inputOf()).state;
    expect(transition(healthy, events.lost, inputOf()).state).toMatchObject({ history: { failures: 1 } });
  });

  test('stops at the third violation without a healthy minute, however the connections in between ended', () => {
    const twice = open({ history: history({ violations: 2 }), healthySince: 940_001 });
    expect(transition(twice, events.violated, inputOf()).state).toMatchObject({ status: 'stopped', because: 'fatal' });
    const aMinute = open({ history: history({ violations: 2 }), healthySince: 940_000 });
    for (const event of [events.lost, events.reconnect]) {
      expect(transition(aMinute, event, inputOf()).state).toMatchObject({ history: { violations: 0 } });
    }
    expect(transition(aMinute, events.violated, inputOf()).state).toMatchObject({ history: { violations: 1 } });
  });

  test('begins with a clean record where somebody connects again after it had stopped', () => {
    const stopped: MachineState = { status: 'stopped', because: 'fatal', message: 'nonsense' };
    expect(transition(stopped, events.connect, inputOf()).state).toEqual(opening(history({ hasConnected: false })));
  });
});
