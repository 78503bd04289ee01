import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { apiReferences } from '../support/api-reference.ts';

const folder = fileURLToPath(new URL('../../docs/api/', import.meta.url));

test('the API reference is complete, and what `npm run docs:api` writes', { timeout: 180_000 }, async () => {
  const references = apiReferences();
  expect(references.flatMap(({ name, undocumented }) => undocumented.map((silent) => `${name}: ${silent}`))).toEqual(
    [],
  );
  expect((await readdir(folder)).sort()).toEqual(references.map(({ name }) => `${name}.md`).sort());
  for (const { name, page } of references) expect(await readFile(`${folder}${name}.md`, 'utf8')).toBe(page);
});
