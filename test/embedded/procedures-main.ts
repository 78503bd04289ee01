import { EmbeddedServer } from '../../src/embedded/index.ts';

/** Calls a procedure that waits, of the module that the command line names. */
async function main(): Promise<void> {
  const [, , module = ''] = process.argv;
  await using server = await EmbeddedServer.start({ module, database: 'slow' });
  console.log(await server.callProcedure('slow_say', [3, 'x']));
}

void main();
