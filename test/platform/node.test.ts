import dns from 'node:dns';
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { type Socket as TcpSocket } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { ProtocolError } from '../../src/errors.ts';
import { inflate, socketConnector, systemClock } from '../../src/platform/node.ts';
import { type Socket, type SocketRequest } from '../../src/platform/socket.ts';
import { listenOnLoopback } from '../support/loopback.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  vi.restoreAllMocks();
  for (const close of closers.splice(0)) close();
});

/** An HTTP server that refuses every upgrade, or one that takes it. */
async function listen(server: Server): Promise<string> {
  const port = await listenOnLoopback(server);
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `ws://127.0.0.1:${port}`;
}

const refusing = (answer: RequestListener): Promise<string> => listen(createHttpServer(answer));

async function accepting(
  onSocket: (socket: WebSocket, headers: NodeJS.Dict<string | string[]>) => void,
): Promise<string> {
  const server = createHttpServer();
  const sockets = new WebSocketServer({ server, handleProtocols: (offered) => [...offered][0] ?? false });
  sockets.on('connection', (socket, request) => onSocket(socket, request.headers));
  return listen(server);
}

/** 80,000 bytes in frames of four. */
function sendInFragments(socket: WebSocket): void {
  for (let left = 20_000; left > 0; left--) socket.send(new Uint8Array(4), { fin: left === 1 });
}

/** What a socket told, in order; `until` waits for the first entry of that kind. */
function connect(
  url: string,
  options: Partial<SocketRequest> = {},
): {
  readonly socket: Socket;
  readonly log: readonly (readonly unknown[])[];
  readonly until: (kind: string) => Promise<readonly unknown[]>;
} {
  const log: unknown[][] = [];
  let wake: (() => void) | undefined;
  const tell = (...entry: unknown[]): void => {
    log.push(entry);
    wake?.();
  };
  const request = { url, subprotocols: ['v3.test', 'v2.test'], token: undefined, maxFrameBytes: 1 << 20, ...options };
  const socket = socketConnector.connect(request, {
    onOpen: (subprotocol) => tell('open', subprotocol),
    onFrame: (frame) => tell('frame', frame),
    onAlive: () => tell('alive'),
    onClose: (code, reason) => tell('close', code, reason),
    onFailure: ({ message, status }) => tell('failure', status, message),
  });
  closers.push(() => socket.close(1000, ''));
  const until = (kind: string): Promise<readonly unknown[]> =>
    new Promise((resolve) => {
      wake = () => {
        const entry = log.find(([found]) => found === kind);
        if (entry !== undefined) resolve(entry);
      };
      wake();
    });
  return { socket, log, until };
}

describe('a socket of Node', () => {
  test('offers the subprotocols, carries the token in a header, and brings frames in both directions', async () => {
    const seen: unknown[] = [];
    const url = await accepting((socket, headers) => {
      seen.push(headers['authorization']);
      socket.on('message', (data) => socket.send(data));
      socket.send('text');
      socket.ping();
    });
    const { socket, log, until } = connect(url, { token: 'secret' });
    await until('open');
    socket.send(Uint8Array.of(1, 2, 3));
    await until('alive');
    const echo = await new Promise((resolve) => {
      const timer = setInterval(() => {
        const found = log.find(([kind, frame]) => kind === 'frame' && frame !== undefined);
        if (found === undefined) return;
        clearInterval(timer);
        resolve(found);
      }, 1);
    });
    expect(seen).toEqual(['Bearer secret']);
    expect(log[0]).toEqual(['open', 'v3.test']);
    expect(log).toContainEqual(['frame', undefined]);
    // A plain array, of which `slice` is a copy.
    expect(echo).toEqual(['frame', Uint8Array.of(1, 2, 3)]);
  });

  test.each([401, 404, 503])('that is refused with status %i tells status and text', async (status) => {
    const url = await refusing((_request, response) => response.writeHead(status).end(`because of ${status}`));
    expect(await connect(url).until('failure')).toEqual(['failure', status, `because of ${status}`]);
  });

  test('that is refused without a word tells the status, and reads no endless text', async () => {
    const silent = await refusing((_request, response) => response.writeHead(502).end());
    expect(await connect(silent).until('failure')).toEqual(['failure', 502, 'HTTP status 502']);
    const endless = await refusing((_request, response) => {
      response.writeHead(500);
      const talk = (): void => {
        while (!response.destroyed && response.write('x'.repeat(1000)));
      };
      response.on('drain', talk);
      talk();
    });
    const [, status, text] = await connect(endless).until('failure');
    expect([status, String(text).length]).toEqual([500, 2048]);
  });

  test('that finds nobody says at which addresses', async () => {
    // Nobody listens there, while one that was given back may be somebody else's by now.
    const port = 1;
    // Where a host has two addresses, Node's own error has an empty message.
    vi.spyOn(dns, 'lookup').mockImplementation(((
      _host: string,
      _options: unknown,
      done: (...found: unknown[]) => void,
    ) => {
      done(null, [
        { address: '127.0.0.1', family: 4 },
        { address: '127.0.0.2', family: 4 },
      ]);
    }) as typeof dns.lookup);
    const [, status, message] = await connect(`ws://two-addresses.test:${port}`).until('failure');
    expect(status).toBeUndefined();
    expect(message).toContain(`ECONNREFUSED 127.0.0.1:${port}; `);
    expect(message).toContain(`ECONNREFUSED 127.0.0.2:${port}: is a server running there?`);
  });

  test('that wants TLS where there is none says which option it is', async () => {
    const plain = await accepting(() => undefined);
    const [, , message] = await connect(plain.replace('ws:', 'wss:')).until('failure');
    expect(message).toMatch(/EPROTO.*: does the server speak TLS \(ssl: false if not\)\?$/s);
  });

  test('tells how the server closed it, and 1006 when the server vanished', async () => {
    const polite = await accepting((socket) => socket.close(1011, 'unknown tag'));
    expect(await connect(polite).until('close')).toEqual(['close', 1011, 'unknown tag']);
    const rude = await accepting((socket) => socket.terminate());
    expect(await connect(rude).until('close')).toEqual(['close', 1006, '']);
  });

  test('takes a message of many small frames, and closes with 1009 at one that is longer than the bound', async () => {
    const [, frame] = await connect(await accepting(sendInFragments), { maxFrameBytes: 64 << 20 }).until('frame');
    expect(frame).toHaveLength(80_000);
    const { log, until } = connect(await accepting(sendInFragments), { maxFrameBytes: 79_999 });
    expect(await until('close')).toEqual(['close', 1009, expect.any(String)]);
    expect(log.map(([kind]) => kind)).toEqual(['open', 'close']);
  });

  test('closes with 1002 at bytes that are no WebSocket frames', async () => {
    const server = createHttpServer();
    const sockets = new WebSocketServer({ server });
    server.on('upgrade', (_request, tcp: TcpSocket) => setTimeout(() => tcp.write(Uint8Array.of(0xff, 0xff)), 5));
    expect(sockets.clients.size).toBe(0);
    expect(await connect(await listen(server), { subprotocols: [] }).until('close')).toEqual([
      'close',
      1002,
      expect.any(String),
    ]);
  });

  test('says nothing after it was closed, whenever that was', async () => {
    let peer: WebSocket | undefined;
    const url = await accepting((socket) => {
      peer = socket;
    });
    const early = connect(url);
    early.socket.close(1000, '');
    const late = connect(url);
    await late.until('open');
    late.socket.close(1000, 'enough');
    peer?.send(Uint8Array.of(1));
    const [code, reason] = await new Promise<[number, Buffer]>((resolve) => {
      peer?.on('close', (...entry) => resolve(entry));
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([code, reason.toString()]).toEqual([1000, 'enough']);
    expect([early.log, late.log.map(([kind]) => kind)]).toEqual([[], ['open']]);
  });
});

describe('the inflate of Node', () => {
  const text = new TextEncoder().encode('row '.repeat(1000));

  test.each([
    ['gzip', gzipSync(text)],
    ['brotli', brotliCompressSync(text)],
  ] as const)('opens %s, up to the bound and not a byte more', (algorithm, bytes) => {
    const inflated = inflate(algorithm, bytes, text.length);
    expect(inflated).toEqual(text);
    expect(inflated).not.toBeInstanceOf(Buffer);
    const refused = (): unknown => inflate(algorithm, bytes, text.length - 1);
    expect(refused).toThrow(ProtocolError);
    expect(refused).toThrow(/more than 3999 bytes; raise limits.maxInflatedBytes/);
  });

  test.each([
    ['gzip', gzipSync(Buffer.alloc(64 << 20))],
    ['brotli', brotliCompressSync(Buffer.alloc(64 << 20))],
  ] as const)('stops a %s bomb before it takes the memory', (algorithm, bomb) => {
    expect(bomb.length).toBeLessThan(100_000);
    const before = process.memoryUsage();
    expect(() => inflate(algorithm, bomb, 1 << 20)).toThrow(/more than 1048576 bytes/);
    const after = process.memoryUsage();
    expect(after.arrayBuffers + after.external - before.arrayBuffers - before.external).toBeLessThan(16 << 20);
  });

  test.each([
    ['gzip', gzipSync(text)],
    ['brotli', brotliCompressSync(text)],
  ] as const)('refuses %s that is cut or damaged', (algorithm, bytes) => {
    const damaged = [bytes.subarray(0, -5), bytes.subarray(0, 0), Buffer.alloc(20, 7)];
    for (const each of damaged) expect(() => inflate(algorithm, each, 1 << 20)).toThrow(/the bytes are damaged/);
  });
});

test('a timer that is longer than the platform can wait does not fire at once', async () => {
  let hasFired = false;
  const cancel = systemClock.setTimer(2 ** 40, () => {
    hasFired = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 5));
  cancel();
  expect(hasFired).toBe(false);
});
