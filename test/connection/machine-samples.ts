import { defaultRetryPolicy, type RetryPolicy } from '../../src/connection/backoff.ts';
import {
  type History,
  type MachineCommand,
  type MachineEvent,
  type MachineInput,
  type MachineState,
  transition,
} from '../../src/connection/machine.ts';

/** One event of each kind; that there is one of each is checked by the compiler. */
export const events: { readonly [K in MachineEvent['kind']]: Extract<MachineEvent, { kind: K }> } = {
  connect: { kind: 'connect' },
  reconnect: { kind: 'reconnect' },
  disconnect: { kind: 'disconnect' },
  opened: { kind: 'opened' },
  healthy: { kind: 'healthy' },
  lost: { kind: 'lost', message: 'it broke' },
  refused: { kind: 'refused', message: 'expired' },
  violated: { kind: 'violated', message: 'nonsense' },
  timer: { kind: 'timer' },
  online: { kind: 'online' },
  offline: { kind: 'offline' },
  visible: { kind: 'visible' },
};

/** What a transition depends on, where a test does not say otherwise. */
export function inputOf(change: Partial<MachineInput> = {}, policy: Partial<RetryPolicy> = {}): MachineInput {
  return {
    now: 1_000_000,
    random: 0.5,
    isOnline: true,
    policy: { ...defaultRetryPolicy, retryInitialConnect: false, ...policy },
    ...change,
  };
}

export const history = (change: Partial<History> = {}): History => ({
  failures: 0,
  violations: 0,
  hasConnected: true,
  ...change,
});

const histories: readonly History[] = [true, false].flatMap((hasConnected) => [
  history({ hasConnected }),
  history({ hasConnected, failures: 2, violations: 2 }),
]);

/** States of each status that differ in whatever a transition may look at. */
const states: { readonly [S in MachineState['status']]: readonly Extract<MachineState, { status: S }>[] } = {
  idle: [{ status: 'idle' }],
  opening: histories.map((past) => ({ status: 'opening', history: past })),
  open: histories
    .filter(({ hasConnected }) => hasConnected)
    .flatMap((past) => [
      { status: 'open' as const, history: past, healthySince: undefined },
      { status: 'open' as const, history: past, healthySince: 0 },
    ]),
  waiting: histories.map((past) => ({ status: 'waiting', history: past, delayMs: 500 })),
  stopped: [
    { status: 'stopped', because: 'auth', message: 'expired' },
    { status: 'stopped', because: 'fatal', message: 'nonsense' },
  ],
};

const inputs = [true, false].flatMap((isOnline) =>
  [0, Infinity].flatMap((maxAttempts) =>
    [true, false].map((retryInitialConnect) => inputOf({ isOnline }, { maxAttempts, retryInitialConnect })),
  ),
);

const nameOf = (commands: readonly MachineCommand[]): string =>
  commands.length === 0 ? '' : ` (${commands.map(({ kind }) => kind).join(', ')})`;

function cellOf(event: MachineEvent, samples: readonly MachineState[]): string {
  const outcomes = samples.flatMap((state) =>
    inputs.map((input) => {
      const { state: next, commands } = transition(state, event, input);
      return next === state && commands.length === 0 ? '·' : next.status + nameOf(commands);
    }),
  );
  return [...new Set(outcomes)].sort().join('<br>');
}

function rowOf(event: MachineEvent): Record<string, string> {
  return Object.fromEntries(Object.entries(states).map(([status, samples]) => [status, cellOf(event, samples)]));
}

/** The whole table as the code has it: for each event and state all outcomes that there are. */
export function tableOfCode(): Record<string, Record<string, string>> {
  return Object.fromEntries(Object.entries(events).map(([kind, event]) => [kind, rowOf(event)]));
}
