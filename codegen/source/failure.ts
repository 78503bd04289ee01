import { SchemaError } from '../../src/errors.ts';

/** Something that the user of the command line has to know in one line; no fault of this program. */
export class Failure extends Error {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'Failure';
  }
}

/** The message of `error` in one line, when it is one for users; `undefined` for a fault of this program. */
export function messageFor(error: unknown): string | undefined {
  if (!(error instanceof Failure) && !(error instanceof SchemaError)) return undefined;
  return error.message.replaceAll(/\s+/g, ' ').trim();
}

/** Runs `read`; what goes wrong in it becomes a {@link Failure} about `subject`. */
export async function about<T>(subject: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new Failure(`${subject}: ${message}`, { cause });
  }
}
