/** A parameter of a query that is `true` or `false`; `usual` where there is none. A server says what is wrong with any other one. */
export function queryFlag(
  query: URLSearchParams,
  name: string,
  usual: boolean,
): { readonly value: boolean } | { readonly problem: string } {
  const text = query.get(name);
  if (text === null) return { value: usual };
  if (text === 'true' || text === 'false') return { value: text === 'true' };
  return { problem: `${name}: provided string was not \`true\` or \`false\`` };
}
