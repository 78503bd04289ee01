import { type Identity } from '../../bsatn/special/identity.ts';
import { type HttpAnswer, textAnswer } from './http-message.ts';

/** What the database segment of a path stands for. */
export type DatabaseLookup = 'found' | 'unknownName' | 'unknownIdentity' | 'badName';

const identityForm = /^(?:0x)?[0-9a-fA-F]{64}$/;
const nameForm = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/** Whether `text` may be the name of a database. */
export function isDatabaseName(text: string): boolean {
  // Also for callers without a compiler: `undefined` would be a name.
  return typeof text === 'string' && nameForm.test(text) && !identityForm.test(text);
}

/** Compares the database segment of a path with the one database that there is. */
export function lookUpDatabase(segment: string, name: string, identity: Identity): DatabaseLookup {
  if (identityForm.test(segment)) {
    return segment.replace(/^0x/, '').toLowerCase() === identity.toHexString() ? 'found' : 'unknownIdentity';
  }
  if (!nameForm.test(segment)) return 'badName';
  return segment === name ? 'found' : 'unknownName';
}

/** What HTTP routes answer for a database that is not there. */
export function databaseMissing(segment: string, lookup: Exclude<DatabaseLookup, 'found'>): HttpAnswer {
  switch (lookup) {
    case 'badName':
      return textAnswer(400, 'Invalid URL: invalid characters in database name');
    case 'unknownName':
      return textAnswer(404, `\`${segment}\` not found`);
    case 'unknownIdentity':
      return textAnswer(404, 'No such database.');
  }
}
