import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  initialState,
  type MachineCommand,
  type MachineEvent,
  type MachineInput,
  type MachineState,
  transition,
} from '../../src/connection/machine.ts';
import { publicState } from '../../src/connection/state.ts';
import { propertyOptions } from '../support/property.ts';
import { events } from './machine-samples.ts';

const stepArbitrary = fc.record({
  // Those that lead deep into the table come more often.
  event: fc.oneof(
    fc.constantFrom(...Object.values(events)),
    fc.constantFrom(events.connect, events.timer, events.opened, events.violated, events.healthy),
  ),
  random: fc.double({ min: 0, max: 1, noNaN: true }),
  isOnline: fc.boolean(),
  laterMs: fc.nat(100_000),
});
const policyArbitrary = fc.record({
  baseDelayMs: fc.integer({ min: 1, max: 5000 }),
  maxDelayMs: fc.integer({ min: 1, max: 60_000 }),
  maxAttempts: fc.oneof(fc.nat(5), fc.constant(Infinity)),
  offlineProbeMs: fc.constant(77_777),
  retryInitialConnect: fc.boolean(),
});

/** What the commands so far have left behind. */
interface Outstanding {
  sockets: number;
  timers: number;
}

const expected: { readonly [S in MachineState['status']]: Outstanding } = {
  idle: { sockets: 0, timers: 0 },
  opening: { sockets: 1, timers: 0 },
  open: { sockets: 1, timers: 0 },
  waiting: { sockets: 0, timers: 1 },
  stopped: { sockets: 0, timers: 0 },
};

/** Carries out the commands, and says whether there was never more than one socket or timer, nor one ended that was not there. */
function carryOut(outstanding: Outstanding, commands: readonly MachineCommand[]): boolean {
  return commands.every(({ kind }) => {
    if (kind === 'openSocket') outstanding.sockets++;
    if (kind === 'closeSocket') outstanding.sockets--;
    if (kind === 'startTimer') outstanding.timers++;
    if (kind === 'cancelTimer') outstanding.timers--;
    const { sockets, timers } = outstanding;
    return sockets >= 0 && timers >= 0 && sockets + timers <= 1;
  });
}

interface Step {
  readonly before: MachineState;
  readonly event: MachineEvent;
  readonly after: MachineState;
  readonly input: MachineInput;
}

/** Counts the violations without a healthy minute between them, as somebody does who watches from outside. */
class ViolationCounter {
  count = 0;
  #healthySince = Infinity;

  see({ before, event, after, input: { now } }: Step): void {
    if (before.status === 'open' && after.status !== 'open' && now - this.#healthySince >= 60_000) this.count = 0;
    if (before.status === 'open' && event.kind === 'healthy') this.#healthySince = Math.min(this.#healthySince, now);
    if (after.status !== 'open') this.#healthySince = Infinity;
    if (after.status === 'idle' || (before.status === 'stopped' && after.status === 'opening')) this.count = 0;
    const isSocketThere = before.status === 'opening' || before.status === 'open';
    if (event.kind === 'violated' && isSocketThere && after.status !== 'idle') this.count++;
  }
}

/** The rules that a step breaks. */
function brokenRules({ before, event, after, input }: Step, violations: number): string[] {
  const { policy, isOnline } = input;
  const isLeaving = (status: MachineState['status']): boolean => before.status === status && after.status !== status;
  const isNew = before !== after;
  const broken: [string, boolean][] = [
    ['disconnect wins', event.kind === 'disconnect' && after.status !== 'idle'],
    ['only somebody leaves stopped', isLeaving('stopped') && !/connect/.test(event.kind)],
    ['only somebody leaves idle', isLeaving('idle') && !/^(re)?connect$/.test(event.kind)],
    [
      'three violations',
      violations >= 3 !== (violations > 0 && after.status === 'stopped' && after.message === 'nonsense'),
    ],
  ];
  if (after.status === 'waiting' && isNew) {
    const bound = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** (after.history.failures - 1));
    const isProbe = event.kind === 'offline' || !isOnline;
    broken.push(['full jitter', !isProbe && after.delayMs > Math.ceil(bound)]);
    broken.push(['slow probe', isProbe && after.delayMs !== policy.offlineProbeMs]);
    broken.push(['the bound of attempts', after.history.failures > policy.maxAttempts]);
  }
  if ('history' in before && 'history' in after) {
    broken.push(['only healthy resets', after.history.failures < before.history.failures && event.kind !== 'healthy']);
  }
  const shown = publicState(after);
  broken.push(['attempts count from 1', shown.status === 'reconnecting' && shown.attempt < 1]);
  return broken.flatMap(([rule, isBroken]) =>
    isBroken ? [`${rule}: ${before.status} ${event.kind} ${after.status}`] : [],
  );
}

test('whatever happens in whatever order, the machine keeps its promises', () => {
  fc.assert(
    fc.property(policyArbitrary, fc.array(stepArbitrary, { maxLength: 60 }), (policy, steps) => {
      const outstanding = { sockets: 0, timers: 0 };
      const violations = new ViolationCounter();
      let before = initialState;
      let now = 0;
      for (const { event, random, isOnline, laterMs } of steps) {
        now += laterMs;
        // A timer fires only while there is one, and then it is gone.
        if (event.kind === 'timer' && outstanding.timers === 0) continue;
        if (event.kind === 'timer') outstanding.timers--;
        const input = { now, random, isOnline, policy };
        const { state: after, commands } = transition(before, event, input);
        const isOrderly = carryOut(outstanding, commands);
        expect({ isOrderly, outstanding }).toEqual({ isOrderly: true, outstanding: expected[after.status] });
        violations.see({ before, event, after, input });
        expect(brokenRules({ before, event, after, input }, violations.count)).toEqual([]);
        before = after;
      }
    }),
    propertyOptions(1000),
  );
});
