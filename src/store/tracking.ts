import { computed, type ReadonlySignal, signal, untracked } from '@preact/signals-core';

/** A signal without meaning, read only to see what signals-core notes on it. */
const probe: ReadonlySignal<number> = /*@__PURE__*/ signal(0);

/** The name of the property in which signals-core notes on a signal who is reading it; undefined where that could not be told. */
const readerProperty: string | undefined = /*@__PURE__*/ untracked(findReaderProperty);

/**
 * Whether a computed or an effect that reads a signal now would depend on it. Where nobody would, a look-up needs no signal: `find` takes twice as
 * long as the `Map` under it then, instead of 6 times.
 *
 * signals-core does not tell. But a signal that is read within a computed or an effect has a note of that on it for as long as that runs, in a property
 * whose name is mangled; which one it is shows once, when a computed of ours reads the probe. Were it not to be found, the answer would always be
 * `true`, which is right and slow.
 */
export function isTracking(): boolean {
  void probe.value;
  return readerProperty === undefined || propertiesOf(probe)[readerProperty] !== undefined;
}

/** The only property that is set while a computed reads the probe, and neither before nor after. */
function findReaderProperty(): string | undefined {
  const before = { ...propertiesOf(probe) };
  let during: Readonly<Record<string, unknown>> = {};
  const reading = computed(() => {
    void probe.value;
    during = { ...propertiesOf(probe) };
    return during;
  });
  void reading.value;
  const after = propertiesOf(probe);
  const names = Object.keys(during).filter(
    (name) => during[name] !== undefined && before[name] === undefined && after[name] === undefined,
  );
  return names.length === 1 ? names[0] : undefined;
}

/** All own properties of an object, whatever they are called: every object has some, or none. */
function propertiesOf(object: object): Readonly<Record<string, unknown>> {
  return object as Readonly<Record<string, unknown>>;
}
