import { type Clock } from './clock.ts';

/** The longest time that a timer of JavaScript can wait, in milliseconds; a longer one would fire at once. */
const longestTimerMs = 2 ** 31 - 1;

/** The system's time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimer: (millis, callback) => {
    const timer = setTimeout(callback, Math.min(millis, longestTimerMs));
    return () => clearTimeout(timer);
  },
};
