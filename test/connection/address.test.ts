import { describe, expect, test } from 'vitest';
import { checkedAddress, httpUrl, upgradeUrl } from '../../src/connection/address.ts';
import { authUrl, parseTokenFromCallback } from '../../src/connection/auth-url.ts';

const address = { host: 'localhost:3000', database: 'notes', ssl: false };
const plain = { compression: 'gzip', confirmedReads: undefined, token: undefined } as const;

describe('the URL of an upgrade', () => {
  test.each([
    [{}, 'Gzip'],
    [{ compression: 'none' as const }, 'None'],
    [{ compression: 'brotli' as const }, 'Brotli'],
  ])('always says how to compress, because a server without it uses brotli: %j', (change, parameter) => {
    const url = upgradeUrl(address, { ...plain, ...change });
    expect(url).toBe(`ws://localhost:3000/v1/database/notes/subscribe?compression=${parameter}`);
  });

  test('says everything else only where it is wanted, and escapes what it has to', () => {
    const other = { host: 'example.test/spacetime/', database: 'a b/c?', ssl: true };
    expect(upgradeUrl(other, { compression: 'none', confirmedReads: false, token: 'a&b' })).toBe(
      'wss://example.test/spacetime/v1/database/a%20b%2Fc%3F/subscribe?compression=None&confirmed=false&token=a%26b',
    );
    expect(httpUrl(other, '/v1/ping')).toBe('https://example.test/spacetime/v1/ping');
  });
});

describe('an address', () => {
  test.each([
    'localhost:3000',
    'example.test',
    '127.0.0.1:80',
    '[::1]:3000',
    'example.test/behind/a/proxy',
    'bücher.test',
  ])('may be %s', (host) => {
    expect(checkedAddress({ ...address, host }).host).toBe(host);
  });

  test.each(['', 'http://localhost:3000', 'ws://a', 'me:secret@a', 'a b', '::1', 'a?b', 'a:port', 'a:1:2', '[a'])(
    'may not be %j, and the error says what to write',
    (host) => {
      expect(() => checkedAddress({ ...address, host })).toThrow(/write host and port, such as "localhost:3000"/);
    },
  );

  test('names a host', () => {
    expect(() => checkedAddress({ ...address, host: JSON.parse('null') })).toThrow(/host is null: write host and port/);
    const { host: _, ...without } = address;
    expect(() => checkedAddress(without as typeof address)).toThrow(/host is undefined: write host and port/);
  });

  test('names a database', () => {
    expect(() => checkedAddress({ ...address, database: '' })).toThrow(/database is "": write the name/);
    expect(() => checkedAddress({ ...address, ...JSON.parse('{"database":null}') })).toThrow(/database is null: write/);
  });
});

describe('a login by URL', () => {
  test('begins at the server, which is told where to come back to', () => {
    expect(authUrl(address, 'google')).toBe('http://localhost:3000/database/auth/google?init');
    expect(authUrl({ host: 'example.test', ssl: true }, 'a/b', { redirectUri: 'https://my.app/back?x=1' })).toBe(
      'https://example.test/database/auth/a%2Fb?init&redirect_uri=https%3A%2F%2Fmy.app%2Fback%3Fx%3D1',
    );
  });

  test.each([
    ['https://my.app/back?token=abc', 'abc'],
    ['https://my.app/back?x=1&token=a%2Bb&y=2', 'a+b'],
    ['https://my.app/back#token=abc', 'abc'],
    ['https://my.app/#/route?token=abc', undefined],
    ['my-app://back?x=1#state=2&token=abc', 'abc'],
    ['https://my.app/back?token=query#token=fragment', 'query'],
    ['https://my.app/back?token=#token=fragment', 'fragment'],
    ['https://my.app/#/?token=abc', 'abc'],
    ['https://my.app/token=abc', undefined],
    ['https://my.app/back?tokens=abc', undefined],
    ['', undefined],
    ['%%%?&&&=#=', undefined],
  ])('ends at %s with the token %s', (url, token) => {
    expect(parseTokenFromCallback(url)).toBe(token);
  });
});
