import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EmbeddedServer } from '../src/embedded/index.ts';
import { run } from './codegen/command.ts';
import { readmeFile } from './support/readme.ts';
import { typescriptProject } from './support/typescript-project.ts';
import { bundleExample } from './support/bundle-example.ts';
import { patienceMs } from './support/patience.ts';

test('the module and the client that the README begins with find each other', async () => {
  const folder = typescriptProject(readmeFile('spacetimedb/src/index.ts'));
  const { errors } = await run(folder, ['generate', '-p', '.', '-o', 'client/generated']);
  expect(errors).toEqual([]);
  const server = await EmbeddedServer.start({ module: folder, database: 'tasks' });
  try {
    const program = readmeFile('src/main.ts').replace('localhost:3000', server.host);
    expect(await outputOf(await bundled(folder, program), "text: 'hello'")).toMatch(
      /^\[\]\n\[ \{ id: \d+n, text: 'hello' \} \]\n/,
    );
  } finally {
    await server.close();
  }
});

async function bundled(folder: string, program: string): Promise<string> {
  const source = join(folder, 'client/main.ts');
  writeFileSync(source, program);
  const outfile = join(folder, 'main.mjs');
  await bundleExample(source, outfile);
  return outfile;
}

/** What a program prints until that holds `wanted`; it goes on for ever, so it is stopped then. */
async function outputOf(file: string, wanted: string): Promise<string> {
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'], timeout: patienceMs });
  let output = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    output += String(chunk);
    if (output.includes(wanted)) child.kill();
  }
  return output;
}
