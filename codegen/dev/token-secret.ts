import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What the tokens of a project are signed with, so that a page that kept its token is the same user after `dev` was started again. It is made once and kept
 * where npm projects keep such things, away from version control; `undefined` where there is no such place.
 */
export function tokenSecret(cwd: string): string | undefined {
  const modules = join(cwd, 'node_modules');
  if (!existsSync(modules)) return undefined;
  const folder = join(modules, '.cache', 'spacetimedb-signals');
  const path = join(folder, 'dev-token-secret');
  try {
    if (!existsSync(path)) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(path, randomUUID(), { mode: 0o600 });
    }
    return readFileSync(path, 'utf8');
  } catch {
    // A folder that cannot be written to: tokens end with this run, which clients are told.
    return undefined;
  }
}
