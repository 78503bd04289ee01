import { createServer } from 'node:http';
import { extname } from 'node:path';

/** A running page. */
export interface PageServer extends AsyncDisposable {
  readonly url: string;
}

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
};

/** Serves `files`, by their paths, on the loopback address; nothing else can be asked for. Rejects when the port is taken. */
export async function servePage(
  files: ReadonlyMap<string, string>,
  port: number,
  database: string,
): Promise<PageServer> {
  const headers = {
    'cache-control': 'no-store',
    'content-security-policy': policyFor(database),
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  };
  const server = createServer((request, response) => {
    const [path = '/'] = (request.url ?? '/').split('?', 1);
    const name = path === '/' ? '/index.html' : path;
    const text = files.get(name);
    if (text === undefined)
      response.writeHead(404, { 'content-type': 'text/plain' }).end(`There is no ${name} here.\n`);
    else response.writeHead(200, { ...headers, 'content-type': contentTypes[extname(name)] ?? 'text/plain' }).end(text);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const problem = `the page cannot be served at port ${port}, choose another with --port: ${cause.message}`;
      reject(new Error(problem, { cause }));
    });
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the page server has no port');
  return {
    url: `http://127.0.0.1:${address.port}/`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
      }),
  };
}

/** As strict as a policy can be: the page loads what is served here, talks to the database, and can make no code out of text. */
function policyFor(database: string): string {
  return [
    `default-src 'none'`,
    `script-src 'self'`,
    `style-src 'self'`,
    `img-src 'self'`,
    `connect-src http://${database} ws://${database}`,
    `base-uri 'none'`,
    `form-action 'none'`,
    `frame-ancestors 'none'`,
    `require-trusted-types-for 'script'`,
    `trusted-types 'none'`,
  ].join('; ');
}
