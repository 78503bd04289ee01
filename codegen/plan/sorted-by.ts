/** A copy sorted by a name, code unit by code unit: the same everywhere, unlike `localeCompare`. Equal names keep their order. */
export function sortedBy<T>(items: readonly T[], nameOf: (item: T) => string): T[] {
  return items
    .map((item) => ({ item, name: nameOf(item) }))
    .sort((left, right) => compareNames(left.name, right.name))
    .map(({ item }) => item);
}

function compareNames(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
