import { type SpacetimeDbClient } from '#bindings';
import { type Identity } from 'spacetimedb-signals';

/** What somebody is called; tracked when it is read in an effect, so that a new name shows everywhere. */
export function nameOf(client: SpacetimeDbClient, identity: Identity): string {
  return client.user.row(identity).value?.name ?? identity.toAbbreviated();
}

/** Whether `identity` is this window. */
export function isMe(client: SpacetimeDbClient, identity: Identity): boolean {
  return client.identity.value?.equals(identity) === true;
}

/** The hue of somebody's colour, the same in every window; how light it is depends on the theme. */
export function hueOf(identity: Identity): number {
  return Number((identity.value >> 64n) % 360n);
}
