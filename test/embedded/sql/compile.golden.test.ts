import { describe, expect, test } from 'vitest';
import { BsatnReader } from '../../../src/bsatn/reader.ts';
import { Identity } from '../../../src/bsatn/special/identity.ts';
import {
  compileQuery,
  compileStatement,
  compileSubscription,
  notAuthorizedToChange,
} from '../../../src/embedded/sql/compile.ts';
import { SqlError, subscriptionErrorText } from '../../../src/embedded/sql/sql-error.ts';
import { isSpacetimeDbError } from '../../../src/errors.ts';
import { type ClientMessage, readClientMessage } from '../../../src/wire/client-message.ts';
import { readServerMessage, type ServerMessage } from '../../../src/wire/server-message.ts';
import { loadHttpExchanges } from '../../support/golden/http-transcript.ts';
import { loadTranscript, type Step, transcriptNames } from '../../support/golden/transcript.ts';
import { ownerCatalog, referenceCatalog } from './reference-catalog.ts';
import { caller } from './support.ts';

/** A query that a client of a real server sent, and whether it was taken or with what text refused. */
interface Answered {
  readonly transcript: string;
  readonly queries: readonly string[];
  readonly isOneOff: boolean;
  readonly error: string | undefined;
}

const answered: readonly Answered[] = transcriptNames().flatMap((name) => answeredIn(name));

function answeredIn(transcript: string): readonly Answered[] {
  const { steps } = loadTranscript(transcript);
  const answers = new Map(steps.flatMap((step) => serverMessages(step).flatMap((message) => answerOf(step, message))));
  return steps.flatMap((step) => {
    return clientMessages(step).flatMap((message) => {
      const answer = answers.get(`${connectionOf(step)} ${message.requestId}`);
      if (answer === undefined) return [];
      if (message.tag === 'Subscribe') return { transcript, queries: message.queries, isOneOff: false, ...answer };
      if (message.tag === 'OneOffQuery') return { transcript, queries: [message.query], isOneOff: true, ...answer };
      return [];
    });
  });
}

function answerOf(step: Step, message: ServerMessage): [key: string, answer: { readonly error: string | undefined }][] {
  const key = (requestId: number): string => `${connectionOf(step)} ${requestId}`;
  switch (message.tag) {
    case 'SubscribeApplied':
      return [[key(message.requestId), { error: undefined }]];
    case 'OneOffQueryResult':
      return [[key(message.requestId), { error: 'err' in message.result ? message.result.err : undefined }]];
    case 'SubscriptionError':
      // Ids that are in use or unknown are no matter of the query.
      if (message.requestId === undefined || /^Subscription (?:with id|not found)/.test(message.error)) return [];
      return [[key(message.requestId), { error: message.error }]];
    default:
      return [];
  }
}

function connectionOf(step: Step): string {
  return 'connection' in step ? step.connection : '';
}

/** What was sent compressed holds many rows and no errors. */
function serverMessages(step: Step): readonly ServerMessage[] {
  if (step.kind !== 'receive' || step.frame[0] !== 0) return [];
  return readAll(step.frame.subarray(1), readServerMessage);
}

function clientMessages(step: Step): readonly ClientMessage[] {
  return step.kind === 'send' ? readAll(step.frame, readClientMessage) : [];
}

/** All messages of a frame up to the first that is damaged on purpose. */
function readAll<T>(frame: Uint8Array, read: (reader: BsatnReader) => T): readonly T[] {
  const reader = new BsatnReader(frame, 'a frame');
  const messages: T[] = [];
  try {
    while (reader.remaining > 0) messages.push(read(reader));
  } catch (error) {
    if (!isSpacetimeDbError(error, 'protocol')) throw error;
  }
  return messages;
}

/** What the server would answer to the queries of a set: they are compiled in order, and the first that fails speaks for all. */
function errorTextOf({ queries, isOneOff }: Answered): string | undefined {
  for (const sql of queries) {
    try {
      if (isOneOff) compileQuery(sql, referenceCatalog, caller);
      else compileSubscription(sql, referenceCatalog, caller);
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      return isOneOff ? error.message : subscriptionErrorText(error, sql);
    }
  }
  return undefined;
}

describe('queries in the transcripts', () => {
  test('are found', () => {
    expect(answered.filter(({ error, isOneOff }) => error !== undefined && !isOneOff).length).toBeGreaterThanOrEqual(
      13,
    );
    expect(answered.filter(({ error, isOneOff }) => error !== undefined && isOneOff).length).toBeGreaterThanOrEqual(2);
    expect(answered.filter(({ error }) => error === undefined).length).toBeGreaterThanOrEqual(80);
  });

  const refused = answered.filter(({ error }) => error !== undefined);
  test.each(refused)('refused in $transcript: $queries', (query) => {
    expect(errorTextOf(query)).toBe(query.error);
  });

  test('taken by the server are taken here', () => {
    const taken = answered.filter(({ error }) => error === undefined);
    expect(taken.filter((query) => errorTextOf(query) !== undefined)).toEqual([]);
  });
});

describe('SQL over HTTP in the transcripts', () => {
  const exchanges = loadHttpExchanges().filter(
    ({ request }) => request.method === 'POST' && request.path.endsWith('/sql'),
  );

  test('is found', () => {
    expect(exchanges.length).toBeGreaterThanOrEqual(7);
  });

  test.each(exchanges)('$note: $request.body', ({ request, response }) => {
    const isOwner = request.authorization?.endsWith('<owner>') === true;
    const identity = Identity.fromHexString(response.headers.get('spacetime-identity') ?? '');
    const run = (): string | undefined => {
      try {
        const plan = compileStatement(request.body ?? '', isOwner ? ownerCatalog : referenceCatalog, { identity });
        if (plan.kind !== 'select' && !isOwner) throw notAuthorizedToChange({ identity });
        return undefined;
      } catch (error) {
        if (!(error instanceof SqlError)) throw error;
        return error.message;
      }
    };
    expect(run()).toBe(response.status === 200 ? undefined : response.body);
  });
});
