import { type AddressInfo, type Server } from 'node:net';

/** Has a server listen on the loopback address, at a free port unless one is given; the result is the port. Rejects where that one is taken. */
export async function listenOnLoopback(server: Server, port = 0): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  return portOf(server.address());
}

/** The port of an address that a server listens on. Throws where it listens on none. */
export function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new TypeError('the server listens on no port');
  return address.port;
}
