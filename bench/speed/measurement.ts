/** From the clients of the bench to its server: what is to be measured begins, and waits for an answer, or has happened `count` times. */
export type Measurement =
  | { readonly begins: true }
  | { readonly what: string; readonly unit: string; readonly count: number };
