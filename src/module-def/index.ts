import { BsatnReader } from '../bsatn/reader.ts';
import { messageOf, SchemaError } from '../errors.ts';
import { BsatnSource } from './bsatn-source.ts';
import { type Definition } from './definition.ts';
import { JsonSource, parseJson } from './json-source.ts';
import { type ModuleModel } from './model.ts';
import { readV10 } from './read-v10.ts';
import { readV9 } from './read-v9.ts';
import { type DefinitionForm, resolveDefinition } from './resolve.ts';
import { schemaError, type Source } from './source.ts';
import { withoutUnknownTypes } from './unknown-types.ts';

export type * from './model.ts';
export { isIdentifier, toCamelCase, toPascalCase } from './names.ts';
export { schemaJson } from './schema-json.ts';
export {
  type FunctionShape,
  type ModuleShape,
  moduleShape,
  type NamedShape,
  parametersHash,
  Shapes,
  type TableShape,
  tableShapeHash,
} from './shape.ts';

/** How a definition is to be read. */
export interface ReadOptions {
  /**
   * `raw`: names as in the module's source, to be converted; `canonical`: names as a server uses them. By default a definition that gives
   * every table and function an explicit name is canonical, any other raw.
   */
  readonly form?: DefinitionForm | undefined;
}

/**
 * The model of a module from its schema: the body of a server's schema endpoint of version 9 or 10, the same within `{"V9": …}` or
 * `{"V10": …}`, as text or as parsed JSON. Text keeps sequence bounds beyond 2^53 exactly; parsed JSON with one throws.
 * Throws a `SchemaError` that names the part at fault, such as `Tables[3].indexes[0]`.
 */
export function moduleFromJson(json: unknown, options: ReadOptions = {}): ModuleModel {
  const source = new JsonSource(typeof json === 'string' ? parseJson(json) : json, '');
  return resolveDefinition(withoutUnknownTypes(readJson(source)), options.form);
}

function readJson(source: JsonSource): Definition {
  if (source.has('sections')) return readV10(source);
  if (source.has('typespace')) return readV9(source);
  if (source.has('V10') || source.has('V9') || source.has('V8BackCompat')) return readVersion(source);
  throw schemaError(
    '',
    'expected a schema: an object with `sections` (version 10), `typespace` (version 9), `V10` or `V9`',
  );
}

/**
 * The model of a module from BSATN of `RawModuleDef`. What a module describes itself with is raw in version 10, which is the default here,
 * and canonical in version 9. Throws a `SchemaError`.
 */
export function moduleFromBsatn(bytes: Uint8Array, options: ReadOptions = {}): ModuleModel {
  const reader = new BsatnReader(bytes, 'a module definition');
  const definition = readBsatn(reader);
  return resolveDefinition(definition, options.form ?? (definition.version === 9 ? 'canonical' : 'raw'));
}

function readBsatn(reader: BsatnReader): Definition {
  try {
    const definition = readVersion(new BsatnSource(reader, ''));
    reader.finish('a module definition');
    return definition;
  } catch (cause) {
    if (cause instanceof SchemaError) throw cause;
    throw schemaError('', messageOf(cause), cause);
  }
}

function readVersion(source: Source): Definition {
  const { tag, payload } = source.variant(['V8BackCompat', 'V9', 'V10']);
  if (tag === 'V8BackCompat') throw schemaError('', 'version 8 is from SpacetimeDB before 1.0 and not supported');
  return tag === 'V9' ? readV9(payload) : readV10(payload);
}
