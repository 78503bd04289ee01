import {
  type Closed,
  type Open,
  type Receive,
  type Send,
  type SendText,
  type Step,
  type Transcript,
} from './transcript.ts';

/** Something a client did and all that the server answered before a client did anything again. */
export interface Turn {
  readonly action: Open | Send | SendText;
  readonly answers: readonly (Receive | Closed)[];
}

/** The turns of a transcript. Frames of different connections have no order among each other, so a turn is compared connection by connection. */
export function turnsOf({ name, steps }: Pick<Transcript, 'name' | 'steps'>): readonly Turn[] {
  const turns: { action: Turn['action']; answers: (Receive | Closed)[] }[] = [];
  for (const step of steps) {
    if (isAction(step)) turns.push({ action: step, answers: [] });
    else if (step.kind !== 'expect') {
      const turn = turns.at(-1);
      if (turn === undefined) throw new Error(`transcript ${name} begins with an answer`);
      turn.answers.push(step);
    }
  }
  return turns;
}

function isAction(step: Step): step is Turn['action'] {
  return step.kind === 'open' || step.kind === 'send' || step.kind === 'sendText';
}
