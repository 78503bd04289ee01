/** A query or statement that the server rejects. The message is the server's own text. */
export class SqlError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SqlError';
  }
}

/** What a Subscribe answers for an error of one of its queries; one-off queries and HTTP answer the bare message. */
export function subscriptionErrorText(error: SqlError, sql: string): string {
  return `${error.message}, executing: \`${sql.trim()}\``;
}
