import { readFileSync, writeSync } from 'node:fs';
import { openCrashDatabase, takeStep } from './crash-steps.ts';

/** Commits one step after the other and says of each, once it is committed, its number; until somebody kills it. */
async function main(): Promise<void> {
  const [module = '', path = '', first = '', durable = ''] = process.argv.slice(2);
  const database = await openCrashDatabase(readFileSync(module), path, durable === 'durable');
  for (let step = Number(first); step < Number(first) + 100_000; step++) {
    takeStep(database, step);
    writeSync(1, `${step}\n`);
    // What was put off until the commit is over, such as to write the log anew, happens now.
    await Promise.resolve();
  }
}

void main();
