/** A name as SQL reads it; the parts of a submodule's name are quoted one by one. */
export function quotedName(name: string): string {
  return name
    .split('.')
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join('.');
}
