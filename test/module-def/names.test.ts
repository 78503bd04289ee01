import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { isIdentifier, toCamelCase, toPascalCase, toSnakeCase } from '../../src/module-def/names.ts';

interface CaseVector {
  readonly in: string;
  readonly snake: string;
  readonly camel: string;
  readonly pascal: string;
}

const vectors: readonly CaseVector[] = JSON.parse(
  readFileSync(new URL('../schemas/case-vectors.json', import.meta.url), 'utf8'),
);

describe('case conversion', () => {
  test('agrees with the server on all 400 vectors', () => {
    const ours = vectors.map(({ in: name }) => ({
      in: name,
      snake: toSnakeCase(name),
      camel: toCamelCase(name),
      pascal: toPascalCase(name),
    }));
    expect(ours).toHaveLength(400);
    expect(ours).toEqual(vectors.map(({ in: name, snake, camel, pascal }) => ({ in: name, snake, camel, pascal })));
  });

  test.each([
    ['HTTPServer', 'http_server', 'httpServer', 'HttpServer'],
    ['vec2i', 'vec_2_i', 'vec2I', 'Vec2I'],
    ['__proto__', 'proto', 'proto', 'Proto'],
    ['größe', 'größe', 'größe', 'Größe'],
    ['日本語', '日本語', '日本語', '日本語'],
    ['', '', '', ''],
  ])('of %s', (name, snake, camel, pascal) => {
    expect([toSnakeCase(name), toCamelCase(name), toPascalCase(name)]).toEqual([snake, camel, pascal]);
  });

  test('to snake case again changes nothing, and camel case does not see the difference', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'Z', 'b', '9', '_', 'X', ' ', '-', '1', 'c', 'D', 'é') }),
        (name) => {
          const snake = toSnakeCase(name);
          expect(toSnakeCase(snake)).toBe(snake);
          expect(toCamelCase(snake)).toBe(toCamelCase(name));
        },
      ),
    );
  });
});

test('identifiers begin with a letter or _ and are NFC', () => {
  expect(['_', 'a1', '日本語', 'größe', '__proto__'].filter(isIdentifier)).toHaveLength(5);
  expect(['', '1a', 'a b', 'a"', 'a`', '*/', 'gro\u0308ße', 'a\n'].filter(isIdentifier)).toEqual([]);
});
