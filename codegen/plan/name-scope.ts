import { isIdentifier } from '../../src/module-def/index.ts';

/** Something that wants a name in generated code; `source` is what it is called in the module, for warnings. */
export interface NameRequest {
  readonly wanted: string;
  readonly source: string;
}

/**
 * One scope of generated code, in which no name may occur twice. Who asks first gets the name, the others get it with a number; a number
 * never takes a name that somebody asked for as it is. Every such change is a warning.
 */
export class NameScope {
  readonly #what: string;
  readonly #warnings: string[];
  readonly #reserved: ReadonlySet<string>;
  readonly #reservedSuffix: string;
  /** Name to what it was given to. */
  readonly #taken = new Map<string, string>();

  /** A name of `reserved` gets `reservedSuffix` appended, or a number when that is empty. */
  constructor(what: string, warnings: string[], reserved: Iterable<string> = [], reservedSuffix = '') {
    this.#what = what;
    this.#warnings = warnings;
    this.#reserved = new Set(reserved);
    this.#reservedSuffix = reservedSuffix;
  }

  /** Names for all of `requests`, in their order; those that are given out together do not take each other's wanted names. */
  allocate(requests: readonly NameRequest[]): string[] {
    const wanted = new Set(requests.map((request) => safeName(request.wanted)));
    return requests.map((request) => this.#take(request, wanted));
  }

  /** A name for one. */
  take(request: NameRequest): string {
    return this.#take(request, new Set());
  }

  /** Whether the name is given out. */
  has(name: string): boolean {
    return this.#taken.has(name) || this.#reserved.has(name);
  }

  #take(request: NameRequest, wanted: ReadonlySet<string>): string {
    const name = safeName(request.wanted);
    const holder = this.#reserved.has(name) ? 'the generated code' : this.#taken.get(name);
    if (holder === undefined) {
      this.#taken.set(name, request.source);
      return name;
    }
    const free = this.#freeName(name, wanted);
    this.#taken.set(free, request.source);
    this.#warnings.push(
      `${this.#what}: ${request.source} would be called ${name}, which ${holder} has; it is called ${free}. ` +
        'Rename one of them in the module, or give it an explicit name there',
    );
    return free;
  }

  #freeName(name: string, wanted: ReadonlySet<string>): string {
    const isFree = (candidate: string): boolean => !this.has(candidate) && !wanted.has(candidate);
    const base = this.#reserved.has(name) ? name + this.#reservedSuffix : name;
    if (isFree(base)) return base;
    let number = 2;
    while (!isFree(`${base}${number}`)) number++;
    return `${base}${number}`;
  }
}

/** A conversion of case may leave nothing of a name, or a digit at its start. */
function safeName(name: string): string {
  return isIdentifier(name) ? name : `_${name}`;
}
