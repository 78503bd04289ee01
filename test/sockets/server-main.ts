import { EmbeddedServer } from '../../src/embedded/index.ts';

/** What the process tells its parent: its port, and a token for each subject that it is sent. */
export interface ServerMessage {
  readonly port?: number;
  readonly subject?: string;
  readonly token?: string;
}

const tell = (message: ServerMessage): unknown => process.send?.(message);

async function main(): Promise<void> {
  const [module = '', port] = process.argv.slice(2);
  const server = await EmbeddedServer.start({ module, database: 'killed', port: Number(port) });
  process.on('message', (subject: string) => tell({ subject, token: server.issueToken(subject) }));
  // Nobody is there to be served when the parent is gone.
  process.on('disconnect', () => process.exit());
  tell({ port: server.port });
}

void main();
