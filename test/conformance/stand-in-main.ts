import { createServer, type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { type Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { EmbeddedServer } from '../../src/embedded/index.ts';

/*
 * Stands in for a real server where there is none: databases are published and deleted by HTTP, each by the owner whose token it gave, and everything else goes to the
 * embedded server that serves one. It knows nothing of those who ask it, nor they of it.
 */

/** The servers, by the name of their database. */
const servers = new Map<string, EmbeddedServer>();
/** The seeds whose owners have published nothing yet, by their tokens. */
const seeds = new Map<string, number>();

const front = createServer((incoming, response) => {
  answer(incoming, response).catch((error: unknown) => {
    response.statusCode = 500;
    response.end(String(error));
  });
});

front.on('upgrade', (incoming: IncomingMessage, socket: Duplex) => {
  const server = serverOf(incoming);
  if (server === undefined) {
    socket.destroy();
    return;
  }
  const onward = connect(server.port, '127.0.0.1');
  onward.write(`GET ${incoming.url} HTTP/1.1\r\n`);
  for (let index = 0; index < incoming.rawHeaders.length; index += 2) {
    onward.write(`${incoming.rawHeaders[index]}: ${incoming.rawHeaders[index + 1]}\r\n`);
  }
  onward.write('\r\n');
  onward.pipe(socket).pipe(onward);
  onward.on('error', () => socket.destroy());
  socket.on('error', () => onward.destroy());
});

front.listen(0, '127.0.0.1', () => {
  const address = front.address();
  if (typeof address === 'object' && address !== null) process.send?.({ port: address.port });
});
// Nobody is there to be served when the parent is gone.
process.on('disconnect', () => process.exit());

async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url = '' } = incoming;
  const [, name = ''] = /^\/v1\/database\/([a-z0-9-]+)$/.exec(url) ?? [];
  if (method === 'POST' && url === '/v1/identity') return void response.end(await newOwner());
  if (method === 'PUT' && name !== '') return publish(name, incoming, response);
  if (method === 'DELETE' && name !== '') {
    await servers.get(name)?.close();
    servers.delete(name);
    return void response.end();
  }
  const server = serverOf(incoming);
  if (server === undefined) {
    response.statusCode = 404;
    return void response.end('there is no such database');
  }
  const onward = httpRequest({ port: server.port, method, path: url, headers: incoming.headers }, (told) => {
    response.writeHead(told.statusCode ?? 500, told.headers);
    told.pipe(response);
  });
  incoming.pipe(onward);
}

function serverOf({ url = '' }: IncomingMessage): EmbeddedServer | undefined {
  return servers.get(/^\/v1\/database\/([a-z0-9-]+)\//.exec(url)?.[1] ?? '');
}

/** Somebody who can publish: with a seed a server has the same owner whenever it is started. */
async function newOwner(): Promise<string> {
  const seed = seeds.size;
  await using server = await EmbeddedServer.start({ module: process.argv[2] ?? '', database: 'nobody', seed });
  seeds.set(server.ownerToken, seed);
  return JSON.stringify({ token: server.ownerToken });
}

async function publish(name: string, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const seed = seeds.get(incoming.headers.authorization?.replace('Bearer ', '') ?? '');
  if (seed === undefined) {
    response.statusCode = 401;
    return void response.end('who are you?');
  }
  servers.set(name, await EmbeddedServer.start({ module: await buffer(incoming), database: name, seed }));
  response.end();
}
