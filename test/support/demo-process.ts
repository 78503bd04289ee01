import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const start = fileURLToPath(new URL('../../bench/demo/start.mjs', import.meta.url));

/** The demo as a process of its own. */
export class DemoProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  readonly #waiting = new Set<() => void>();
  #output = '';

  constructor(...args: readonly string[]) {
    this.#child = spawn(process.execPath, [start, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', resolve);
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString();
        for (const look of this.#waiting) look();
      });
    }
  }

  /** What it wrote so far. */
  get output(): string {
    return this.#output;
  }

  /** The exit code. */
  get ended(): Promise<number | null> {
    return this.#ended;
  }

  /** What `pattern` finds first in the output, as soon as it does. Rejects when the process ends without it. */
  async find(pattern: RegExp): Promise<string> {
    const found = new Promise<string>((resolve) => {
      const look = (): void => {
        const [match] = pattern.exec(this.#output) ?? [];
        if (match === undefined) return;
        this.#waiting.delete(look);
        resolve(match);
      };
      this.#waiting.add(look);
      look();
    });
    const missing = this.#ended.then((code) => {
      throw new Error(`the demo ended with ${code} and without ${pattern}:\n${this.#output}`);
    });
    return Promise.race([found, missing]);
  }

  /** Ends it as Ctrl-C does, and waits. */
  async interrupt(): Promise<number | null> {
    this.#child.kill('SIGINT');
    return this.#ended;
  }
}
