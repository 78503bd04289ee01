import { describe, expect, test } from 'vitest';
import { moduleFromJson, schemaJson } from '../../src/module-def/index.ts';
import { referenceSchema, syntheticNames, syntheticSchema } from './fixtures.ts';

describe('the schema that a server prints', () => {
  const model = moduleFromJson(referenceSchema(10));

  test('comes out of the model byte by byte in version 10', () => {
    expect(schemaJson(model, 10)).toBe(referenceSchema(10));
  });

  test('comes out of the model byte by byte in version 9', () => {
    expect(schemaJson(model, 9)).toBe(referenceSchema(9));
  });

  test.each(syntheticNames)('comes out byte by byte for %s', (name) => {
    expect(schemaJson(moduleFromJson(syntheticSchema(name)), 10)).toBe(syntheticSchema(name));
  });

  test('keeps big sequence bounds, defaults, view keys, security and submodules', () => {
    const withMore = {
      ...model,
      rowLevelSecurity: ['SELECT * FROM user'],
      tables: model.tables.map((table) => ({
        ...table,
        sequences: table.sequences.map((sequence) => ({ ...sequence, max: 2n ** 127n - 1n })),
        defaults: [{ column: 0, value: new Uint8Array([0xff, 1]) }],
      })),
      views: model.views.map((view) => ({ ...view, primaryKey: 0 })),
      submodules: [{ namespace: 'inner', module: model }],
    };
    expect(moduleFromJson(schemaJson(withMore, 10))).toEqual(withMore);
  });
});
