/** Values that Node's `console.log` prints as their text, as it does with a `Date`: also in a bundle, where classes have other names. */
export const Printed: abstract new () => object = class {
  [/*@__PURE__*/ Symbol.for('nodejs.util.inspect.custom')](this: { toString(): string }): string {
    return this.toString();
  }
};
