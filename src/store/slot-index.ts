import { type MapKey } from './key.ts';

/** Which slot each key has, in the order in which the keys came: what a `Map` does. The slots ascend in that order. */
export interface SlotIndex {
  readonly size: number;
  get(key: MapKey): number | undefined;
  /** Gives the slot behind all others to a key that has none. */
  set(key: MapKey, slot: number): unknown;
  delete(key: MapKey): unknown;
  forEach(visit: (slot: number, key: MapKey) => void): void;
}

/** Makes an index that gives `keys` the slots from 0 on. Where a key occurs twice its size tells, and it is of no use. */
export type NewSlots = (keys: readonly MapKey[]) => SlotIndex;

/** For keys of any kind. */
export const mapSlots: NewSlots = (keys) => {
  const slots = new Map<MapKey, number>();
  keys.forEach((key, slot) => slots.set(key, slot));
  return slots;
};
