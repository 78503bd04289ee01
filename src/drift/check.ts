import { moduleFromJson, moduleShape, type ModuleShape } from '../module-def/index.ts';
import { compareShapes, type Misfit } from './compare.ts';

/** How a server is asked for its schema: the answer to a GET of the schema endpoint of this version. */
export type AskForSchema = (version: 9 | 10) => Promise<{ readonly status: number; readonly text: string }>;

/**
 * Asks a server for its schema and compares it with what the generated code expects. Reads whole definitions of modules: a program that never needs it
 * should not have to load it. Rejects when there is no schema to be had.
 */
export async function checkSchema(expected: ModuleShape, ask: AskForSchema): Promise<readonly Misfit[]> {
  const newest = await ask(10);
  // A server that does not know version 10.
  const isOlder = newest.status === 400;
  const { status, text } = isOlder ? await ask(9) : newest;
  if (status !== 200) {
    throw new Error(`it answered with HTTP status ${status}: ${text.slice(0, 200)}`);
  }
  return compareShapes(expected, moduleShape(moduleFromJson(text)), { isComplete: !isOlder });
}
