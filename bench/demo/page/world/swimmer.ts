import { type Entity } from '#bindings';
import { type ReadonlySignal } from 'spacetimedb-signals';
import { isInWorld } from '../../shared/world-map.ts';

/** A row of `entity` as it is drawn: on its way from where it was seen to where the row says it is. */
export class Swimmer {
  readonly id: number;
  x: number;
  y: number;
  /** Which way it looks: -1, left, to 1, right, and something between while it turns. */
  heading = 1;
  readonly #signal: ReadonlySignal<Entity | undefined>;
  #row: Entity;
  #fromX: number;
  #fromY: number;
  /** When the row came, and how long the way to it takes, in milliseconds. */
  #since = 0;
  #takes = 1;

  constructor(row: Entity, signal: ReadonlySignal<Entity | undefined>) {
    this.id = row.entityId;
    this.#row = row;
    this.#signal = signal;
    this.#fromX = this.x = row.position.x;
    this.#fromY = this.y = row.position.y;
  }

  /**
   * Brings it to where it is at `now`. Nothing tells it that its row has changed: it looks, once per frame. A row that did not change is the
   * same object as before, so looking costs a comparison.
   */
  swim(now: number, sinceLastFrame: number): void {
    const row = this.#signal.peek() ?? this.#row;
    if (row !== this.#row) this.#turnTo(row, now);
    const { position } = this.#row;
    const part = Math.min(1, (now - this.#since) / this.#takes);
    this.x = this.#fromX + (position.x - this.#fromX) * part;
    this.y = this.#fromY + (position.y - this.#fromY) * part;
    const ahead = position.x - this.#fromX;
    if (Math.abs(ahead) < 0.01) return;
    const turnMs = 180 + 40 * (this.id % 7);
    this.heading += (Math.sign(ahead) - this.heading) * Math.min(1, sinceLastFrame / turnMs);
  }

  /** Without any way between: where the row says it is. */
  stay(): void {
    this.#row = this.#signal.peek() ?? this.#row;
    this.#fromX = this.x = this.#row.position.x;
    this.#fromY = this.y = this.#row.position.y;
  }

  #turnTo(row: Entity, now: number): void {
    // A new entity is put outside the world first; it does not travel in from there.
    const from = isInWorld(this) ? this : row.position;
    this.#fromX = from.x;
    this.#fromY = from.y;
    // As long as the last row lasted, so that it arrives when the next one comes.
    this.#takes = Math.min(Math.max(now - this.#since, 60), 600);
    this.#since = now;
    this.#row = row;
  }
}
