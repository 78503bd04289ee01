/** The table or view that a query of a simulation asks for. */
export function tableOf(query: string): string {
  return /FROM (\w+)/.exec(query)?.[1] ?? '';
}
