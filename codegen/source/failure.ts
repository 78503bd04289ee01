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

/** Runs `read`; what goes wrong in it becomes a {@link Failure} about `subject`, which has or is the `path` that was given. */
export async function about<T>(subject: string, read: () => T | Promise<T>, path: string = subject): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure(`${subject}: ${reasonOf(cause, path)}`, { cause });
  }
}

/** What the system's errors about files mean, in words. */
const fileProblems: ReadonlyMap<unknown, string> = new Map([
  ['ENOENT', 'there is no such file or folder'],
  ['ENOTDIR', 'a part of the path is a file, not a folder'],
  ['EISDIR', 'it is a folder, not a file'],
  ['EEXIST', 'there is a file of that name already'],
  ['EACCES', 'this user may not read or write it'],
  ['EPERM', 'this user may not read or write it'],
  ['EROFS', 'it is on a file system that cannot be written to'],
  ['ENOSPC', 'there is no space left to write it'],
  ['EMFILE', 'too many files are open'],
]);

function reasonOf(cause: unknown, subject: string): string {
  if (!(cause instanceof Error)) return String(cause);
  const problem = 'code' in cause && 'syscall' in cause ? fileProblems.get(cause.code) : undefined;
  if (problem === undefined) return cause.message;
  const path = 'path' in cause && typeof cause.path === 'string' ? cause.path : subject;
  return path.endsWith(subject) ? problem : `${problem}: ${path}`;
}
