/** Lines that something says, to wait for. */
export class Said {
  readonly #lines: string[] = [];
  #taken = 0;
  #wake = (): void => undefined;

  add(line: string): void {
    this.#lines.push(line);
    this.#wake();
  }

  /** How many lines `pattern` fits so far. */
  count(pattern: RegExp): number {
    return this.#lines.filter((line) => pattern.test(line)).length;
  }

  /** The first line after the last one that was awaited which `pattern` fits; rejects with what was said when `ended` comes first. */
  async line(pattern: RegExp, ended: Promise<unknown> = new Promise(() => undefined)): Promise<string> {
    let isOver = false;
    void ended.finally(() => {
      isOver = true;
      this.#wake();
    });
    for (;;) {
      const index = this.#lines.findIndex((line, position) => position >= this.#taken && pattern.test(line));
      if (index >= 0) {
        this.#taken = index + 1;
        return this.#lines[index] ?? '';
      }
      if (isOver) throw new Error(`it ended without ${pattern}:\n${this.#lines.join('\n')}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
