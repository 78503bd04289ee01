/** How long whoever listens may take to answer, in milliseconds. */
const patienceMs = 5000;

/** What listens at a port of this machine, as far as it says so. */
export async function whoListens(port: number, database: string): Promise<string> {
  const server = `http://127.0.0.1:${port}/v1`;
  if (!(await answersWell(`${server}/ping`))) return 'another program listens there';
  const serves = (await answersWell(`${server}/database/${database}`)) ? `, which has a database ${database}` : '';
  return `a SpacetimeDB server listens there${serves}, perhaps another run of dev`;
}

async function answersWell(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(patienceMs) })).ok;
  } catch {
    return false;
  }
}
