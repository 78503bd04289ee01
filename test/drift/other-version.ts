import { onTestFinished } from 'vitest';
import { type NamedType } from '../../src/bsatn/algebraic-type.ts';
import { EmbeddedServer } from '../../src/embedded/index.ts';
import { moduleFromJson, type ModuleModel, schemaJson } from '../../src/module-def/index.ts';
import { type ClientOptions } from '../../src/options.ts';
import { SpacetimeDbClient } from '../generated/reference/index.ts';
import { referenceSchema } from '../module-def/fixtures.ts';
import { rawModuleDefBsatn } from '../module-def/raw-module-def.ts';
import { spacetimeModule } from '../support/spacetime-module.ts';

/** New parts of types of the reference module: columns of rows, variants of sums. */
export type Changes = Readonly<Record<string, (parts: readonly NamedType[]) => readonly NamedType[]>>;

/** The reference module in another version. */
export function otherModel(changes: Changes): ModuleModel {
  const model = moduleFromJson(referenceSchema(10));
  const changeOf = new Map(model.types.map(({ ref, name }) => [ref, changes[name]]));
  const typespace = model.typespace.map((type, ref) => {
    const change = changeOf.get(ref);
    if (change === undefined) return type;
    if (type.tag === 'Product') return { ...type, elements: change(type.elements) };
    return type.tag === 'Sum' ? { ...type, variants: change(type.variants) } : type;
  });
  return { ...model, typespace };
}

/** A module with the definition of `model`, whose reducers do nothing: rows come in by SQL. */
function moduleOf(model: ModuleModel): Uint8Array {
  return spacetimeModule({ definition: [...rawModuleDefBsatn(schemaJson(model, 10), 10).subarray(1)] });
}

/** A server that runs the reference module in another version, until the test has ended. */
export async function startOtherVersion(model: ModuleModel, port = 0): Promise<EmbeddedServer> {
  const server = await EmbeddedServer.start({ module: moduleOf(model), database: 'drifted', port });
  onTestFinished(() => server.close());
  return server;
}

/** A client whose code was generated from the reference module, with what its `onError` was told and which URLs it asked for. */
export interface WatchedClient {
  readonly client: SpacetimeDbClient;
  readonly errors: unknown[];
  readonly asked: string[];
}

export async function startClient(
  server: EmbeddedServer,
  options: Partial<ClientOptions> = {},
): Promise<WatchedClient> {
  const errors: unknown[] = [];
  const asked: string[] = [];
  const recorded: typeof fetch = (url, init) => {
    asked.push(urlOf(url).replace(/^.*\/v1/, '/v1'));
    return fetch(url, init);
  };
  const client = await SpacetimeDbClient.create({
    host: server.host,
    database: 'drifted',
    fetch: recorded,
    ...options,
  });
  onTestFinished(() => client.dispose());
  client.onError((error) => errors.push(error));
  return { client, errors, asked };
}

/** The column `name` with another type. */
export function retyped(name: string, type: NamedType['type']): (parts: readonly NamedType[]) => readonly NamedType[] {
  return (parts) => parts.map((part) => (part.name === name ? { name, type } : part));
}

/** What the client asks for, which it always says as text. */
export function urlOf(input: Parameters<typeof fetch>[0]): string {
  if (typeof input !== 'string') throw new TypeError('a URL that is no text');
  return input;
}
