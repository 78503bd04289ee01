const wholeForm = /^\s*select\s+\*\s+from\s+(?:\*|"((?:[^"]|"")*)"|([\p{L}_][\p{L}\p{N}_$.]*))\s*$/iu;

/** Whether a query that fills `table` returns all of its rows, so that one that is not there is in no other set either. In doubt it does not. */
export function returnsWhole(query: string, table: string): boolean {
  const match = wholeForm.exec(query);
  if (match === null) return false;
  const [, quoted, plain] = match;
  return (quoted?.replaceAll('""', '"') ?? plain ?? table) === table;
}
