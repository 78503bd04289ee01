import { type OfflineQueuePolicy, type ReplayDecision } from '../../src/sync/queue-policy.ts';

/** Hooks of a policy that answer when a test says so; `isOver`: at once, that the call is sent. */
export class HookAnswers {
  readonly policy: Pick<OfflineQueuePolicy, 'onBeforeReplay' | 'onUncertain' | 'hookTimeoutMs'>;
  readonly #waiting: { resolve: (decision: ReplayDecision) => void; reject: (error: Error) => void }[] = [];
  #isOver = false;

  constructor() {
    const ask = (): ReplayDecision | Promise<ReplayDecision> => {
      if (this.#isOver) return 'replay';
      return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
    };
    this.policy = { onBeforeReplay: ask, onUncertain: ask, hookTimeoutMs: Infinity };
  }

  /** The hook that was asked first answers. */
  answer(how: ReplayDecision | 'fail'): void {
    const asked = this.#waiting.shift();
    if (how === 'fail') asked?.reject(new Error('on purpose'));
    else asked?.resolve(how);
  }

  /** From here on everything is sent. */
  end(): void {
    this.#isOver = true;
    for (const { resolve } of this.#waiting.splice(0)) resolve('replay');
  }
}
