/** The rows of a database do not fit another module, which therefore did not take the place of the present one. */
export class MigrationError extends Error {
  /** What is in the way, one line each, such as `note.body was U32 and is String`. */
  readonly problems: readonly string[];

  /** `advice`: how it can be run without them. */
  constructor(problems: readonly string[], advice = 'reset the database to run it without them') {
    super(`the rows cannot go over to the new module: ${problems.join('; ')}; ${advice}`);
    this.name = 'MigrationError';
    this.problems = problems;
  }
}
