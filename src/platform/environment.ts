/** Who wants to hear of the surroundings. */
export interface EnvironmentHandlers {
  /** There is a network again. */
  readonly online: () => void;
  /** There is no network any more. */
  readonly offline: () => void;
  /** A hidden page became visible. */
  readonly visible: () => void;
}

/** What the surroundings say about the chance to connect. */
export interface Environment {
  /** Whether there may be a network. `true` where nobody knows. */
  readonly isOnline: () => boolean;
  /** Calls back when something changes; returns what ends that. */
  readonly watch: (handlers: EnvironmentHandlers) => () => void;
}
