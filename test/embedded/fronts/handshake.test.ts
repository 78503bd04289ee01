import { describe, expect, test } from 'vitest';
import { type HandshakeContext, shakeHands } from '../../../src/embedded/fronts/handshake.ts';
import { parseTarget } from '../../../src/embedded/fronts/http-message.ts';
import { identityFromClaims } from '../../../src/embedded/identity.ts';
import { TokenAuthority, webSocketTokenSeconds } from '../../../src/embedded/tokens.ts';

let now = 1_700_000_000_000_000n;
const context: HandshakeContext = {
  name: 'chat',
  identity: identityFromClaims('localhost', 'chat'),
  tokens: new TokenAuthority({ nowMicros: () => now }),
  protocols: ['v3', 'v2'],
};

const upgrade = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
  'sec-websocket-protocol': 'v2.bsatn.spacetimedb, v3.bsatn.spacetimedb',
};

interface Variation {
  readonly target?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly with?: Partial<HandshakeContext>;
}

function attempt(variation: Variation) {
  const { target = '/v1/database/chat/subscribe', method = 'GET' } = variation;
  const request = { ...parseTarget(target), method, headers: { ...upgrade, ...variation.headers } };
  return shakeHands(request, { ...context, ...variation.with });
}

function refusalOf(variation: Variation): string {
  const outcome = attempt(variation);
  return 'refusal' in outcome ? `${outcome.refusal.status} ${outcome.refusal.body}` : 'accepted';
}

const unknownIdentity = 'c2'.padEnd(64, '0');

describe('shakeHands', () => {
  test('picks the version that the server likes best, brotli by default, and makes up a caller', () => {
    const outcome = attempt({});
    expect(outcome).toMatchObject({ agreement: { version: 'v3', compression: 'brotli', connectionId: undefined } });
    const caller = 'agreement' in outcome ? outcome.agreement.caller : undefined;
    expect(context.tokens.verify(caller?.token ?? '')).toMatchObject({ claims: { identity: caller?.identity } });
  });

  test('speaks only what it is told to speak', () => {
    expect(attempt({ with: { protocols: ['v2'] } })).toMatchObject({ agreement: { version: 'v2' } });
    expect(
      refusalOf({ with: { protocols: ['v2'] }, headers: { 'sec-websocket-protocol': 'v3.bsatn.spacetimedb' } }),
    ).toBe('400 no valid protocol selected');
  });

  test('takes the token of the header before the one of the query, and keeps it', () => {
    const ann = context.tokens.issue('ann');
    const bob = context.tokens.issue('bob', webSocketTokenSeconds);
    const target = `/v1/database/chat/subscribe?token=${bob}&compression=Gzip`;
    expect(attempt({ target, headers: { authorization: `Bearer ${ann}` } })).toMatchObject({
      agreement: { caller: { token: ann, subject: 'ann' }, compression: 'gzip' },
    });
    expect(attempt({ target })).toMatchObject({ agreement: { caller: { token: bob, subject: 'bob' } } });
    now += 61_000_000n;
    expect(refusalOf({ target })).toBe('401 Invalid token: ExpiredSignature');
  });

  test('finds the database by identity too', () => {
    const identity = context.identity.toHexString();
    expect(refusalOf({ target: `/v1/database/${identity}/subscribe` })).toBe('accepted');
    expect(refusalOf({ target: `/v1/database/0x${identity.toUpperCase()}/subscribe` })).toBe('accepted');
  });

  test('hands the connection id on that the client asks for', () => {
    const outcome = attempt({ target: '/v1/database/chat/subscribe?connection_id=000102030405060708090a0b0c0d0e0f' });
    expect(outcome).toMatchObject({ agreement: { connectionId: { value: 0x000102030405060708090a0b0c0d0e0fn } } });
  });

  test.each<[string, Variation]>([
    ['400 Authorization is invalid: malformed token', { headers: { authorization: 'nonsense' } }],
    ['401 Invalid token: InvalidToken', { headers: { authorization: 'Bearer x' } }],
    ['400 Invalid URL: invalid characters in database name', { target: '/v1/database/Bad_Name/subscribe' }],
    [
      '400 Failed to deserialize query string: unknown variant `Zip`, expected one of `None`, `Brotli`, `Gzip`',
      { target: '/v1/database/chat/subscribe?compression=Zip' },
    ],
    ['405 Request method must be `GET`', { method: 'POST' }],
    ['426 This service requires use of the websocket protocol', { headers: { upgrade: undefined } }],
    ['400 `Sec-WebSocket-Version` header must be 13', { headers: { 'sec-websocket-version': '12' } }],
    [
      '400 Invalid connection ID: the all-zeros ConnectionId is reserved.',
      { target: `/v1/database/chat/subscribe?connection_id=${'0'.repeat(32)}` },
    ],
    ['404 `other` not found', { target: '/v1/database/other/subscribe' }],
    ['400 no valid protocol selected', { headers: { 'sec-websocket-protocol': undefined } }],
  ])('refuses with %s', (refusal, variation) => {
    expect(refusalOf(variation)).toBe(refusal);
  });

  test('names the caller when it refuses an unknown identity', () => {
    const token = context.tokens.issue('ann');
    const target = `/v1/database/${unknownIdentity}/subscribe`;
    const ann = identityFromClaims('localhost', 'ann').toHexString();
    expect(refusalOf({ target, headers: { authorization: `Bearer ${token}` } })).toBe(
      `500 Unable to authorize ${ann} for SQL: database ${unknownIdentity} not found`,
    );
  });

  test('names the first of several faults, in the order of a server', () => {
    const faults: Variation[] = [
      { headers: { authorization: 'Bearer x' } },
      { target: '/v1/database/Bad_Name/subscribe?compression=Zip' },
      { method: 'POST' },
      { headers: { upgrade: undefined } },
    ];
    const all = faults.reduce<Variation>(
      (sum, fault) => ({ ...sum, ...fault, headers: { ...sum.headers, ...fault.headers } }),
      {},
    );
    expect(refusalOf(all)).toBe('401 Invalid token: InvalidToken');
    const { authorization: _, ...headers } = { ...all.headers };
    expect(refusalOf({ ...all, headers })).toBe('400 Invalid URL: invalid characters in database name');
    expect(refusalOf({ ...all, headers, target: '/v1/database/other/subscribe' })).toBe(
      '405 Request method must be `GET`',
    );
  });

  test('tells the caller who he is even when it refuses him', () => {
    const outcome = attempt({ target: '/v1/database/other/subscribe' });
    const headers = 'refusal' in outcome ? outcome.refusal.headers : {};
    expect(Object.keys(headers)).toEqual(
      expect.arrayContaining(['content-type', 'spacetime-identity', 'spacetime-identity-token']),
    );
  });
});
