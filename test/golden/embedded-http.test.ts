import { afterAll, beforeAll, expect, test } from 'vitest';
import { Identity } from '../../src/bsatn/special/identity.ts';
import { EmbeddedServer } from '../../src/embedded/embedded-server.ts';
import {
  canonicalAnswers,
  canonicalRefusal,
  type HttpParties,
  recordedParties,
  repeatExchange,
  repeatUpgrade,
} from '../support/golden/http-replay.ts';
import { type PlainAnswer, sendRequest } from '../support/golden/http-request.ts';
import { loadHttpExchanges, loadRefusedUpgrades } from '../support/golden/http-transcript.ts';
import { identityOfToken } from '../support/golden/replay.ts';
import { referenceWasm } from '../support/golden/reference-schema.ts';
import { TickingClock } from '../support/golden/ticking-clock.ts';
import { exceptions } from './exceptions.ts';

let server: EmbeddedServer;

beforeAll(async () => {
  server = await EmbeddedServer.start({ module: referenceWasm, database: 'golden-http', clock: new TickingClock() });
});

afterAll(async () => server.close());

/** The first exchange published the module: here it was started with. */
const exchanges = loadHttpExchanges().filter(({ note }) => note !== 'publish');

test('the embedded server answers HTTP requests as recorded', async () => {
  const tokens = { client: server.issueToken('the client'), owner: server.ownerToken };
  const database = await sendRequest(server, {
    method: 'GET',
    path: '/v1/database/golden-http/identity',
    headers: new Map(),
  });
  const parties: HttpParties = {
    client: identityOfToken(tokens.client),
    owner: identityOfToken(tokens.owner),
    database: Identity.fromHexString(database.body),
  };
  const answers: PlainAnswer[] = [];
  for (const exchange of exchanges) answers.push(await repeatExchange(exchange, server, parties, tokens));
  const recorded = canonicalAnswers(
    exchanges,
    exchanges.map(({ response }) => response),
    recordedParties,
  );
  const answered = canonicalAnswers(exchanges, answers, parties);
  if (exceptions.has('http')) expect(answered).not.toEqual(recorded);
  else expect(answered).toEqual(recorded);
});

test('the embedded server refuses upgrades as recorded', async () => {
  const attempts = loadRefusedUpgrades();
  const refusals: string[] = [];
  for (const attempt of attempts) {
    const answer = await repeatUpgrade(attempt, server);
    refusals.push(`${attempt.note}: ${canonicalRefusal(answer)}`);
    const named = /authorize ([0-9a-f]{64})/.exec(answer.body)?.[1];
    if (named !== undefined) expect(answer.headers.get('spacetime-identity')).toBe(named);
  }
  const recorded = attempts.map((attempt) => `${attempt.note}: ${canonicalRefusal(attempt)}`);
  if (exceptions.has('handshake-failures')) expect(refusals).not.toEqual(recorded);
  else expect(refusals).toEqual(recorded);
});
