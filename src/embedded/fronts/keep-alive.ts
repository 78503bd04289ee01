import { type Clock, type Timer } from '../clock.ts';

const pingMicros = 15_000_000n;
const idleMicros = 30_000_000n;
/** A timer that is so late fires after this process stood still: what clients have sent meanwhile has not been read yet. */
const lateMicros = 1_000_000n;

/** What a connection is kept alive with. */
export interface KeepAliveActions {
  ping(): void;
  /** Nothing was heard for 30 seconds. */
  giveUp(): void;
}

/** What has to be told while a connection is kept alive. */
export interface KeepAlive {
  /** Any frame came. */
  heard(): void;
  /** A pong came. */
  answered(): void;
  stop(): void;
}

/**
 * Pings at once and every 15 seconds, unless a pong is still due, and gives up after 30 seconds of silence. While this process stands still, at a breakpoint or in a
 * reducer that takes long, nobody is silent.
 */
export function keepAlive(clock: Clock, actions: KeepAliveActions): KeepAlive {
  let lastHeard = clock.nowMicros();
  let nextPing = lastHeard;
  let awaitsPong = false;
  let timer: Timer | undefined;
  let due = lastHeard;
  const tick = (): void => {
    const now = clock.nowMicros();
    if (now >= due + lateMicros) lastHeard = now;
    if (now >= lastHeard + idleMicros) {
      actions.giveUp();
      return;
    }
    if (now >= nextPing) {
      if (!awaitsPong) actions.ping();
      awaitsPong = true;
      nextPing = now + pingMicros;
    }
    const silence = lastHeard + idleMicros;
    due = silence < nextPing ? silence : nextPing;
    timer = clock.setTimer(due, tick);
  };
  const heard = (): void => {
    lastHeard = clock.nowMicros();
  };
  tick();
  return {
    heard,
    answered: () => {
      awaitsPong = false;
      heard();
    },
    stop: () => timer?.cancel(),
  };
}
