import { ConnectionError } from './errors.ts';

/**
 * Loads a part of the package that most programs do without. Nothing that brings a lost connection back is such a part: liveness, backoff and reconciliation
 * are there from the start, since there may be no network to load them over.
 *
 * Rejects with a {@link ConnectionError} that says what could not be done; `doing` begins its message.
 */
export async function onDemand<Part>(doing: string, load: () => Promise<Part>): Promise<Part> {
  try {
    return await load();
  } catch (cause) {
    throw new ConnectionError(`${doing}: loading the code for it failed; are all files of the app there?`, { cause });
  }
}
