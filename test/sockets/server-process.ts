import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ServerMessage } from './server-main.ts';
import { bundleProcess } from '../support/bundle-process.ts';

const wasm = fileURLToPath(new URL('../reference-module/reference-module.wasm', import.meta.url));

/** An embedded server in a process of its own, which can be killed without a word of goodbye. */
export class ServerProcess implements AsyncDisposable {
  readonly #folder: string;
  readonly #program: string;
  #child: ChildProcess | undefined;
  #port = 0;

  private constructor(folder: string, program: string) {
    this.#folder = folder;
    this.#program = program;
  }

  static async start(): Promise<ServerProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'spacetimedb-signals-server-'));
    const server = new ServerProcess(folder, await bundleProcess(new URL('server-main.ts', import.meta.url), folder));
    await server.restart();
    return server;
  }

  /** `127.0.0.1:PORT`; stays the same. */
  get host(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** The server that runs knows nothing of the one before it: no rows, and another key for its tokens. */
  async restart(): Promise<void> {
    const child = fork(this.#program, [wasm, String(this.#port)], { execArgv: [] });
    this.#port = await answerOf(child, ({ port }) => port);
    this.#child = child;
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await exited;
  }

  /** A token of the server that runs; rejects where none does. The identity of a subject is always the same. */
  readonly issueToken = async (subject: string): Promise<string> => {
    const child = this.#child;
    if (child === undefined) throw new Error('the server does not run');
    const answer = answerOf(child, (told) => (told.subject === subject ? told.token : undefined));
    child.send(subject);
    return answer;
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** What `pick` finds in the messages of a process. Rejects when the process ends before. */
function answerOf<T>(child: ChildProcess, pick: (told: ServerMessage) => T | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (run: () => void): void => {
      child.off('message', onMessage);
      child.off('exit', onExit);
      run();
    };
    const onMessage = (told: ServerMessage): void => {
      const found = pick(told);
      if (found !== undefined) settle(() => resolve(found));
    };
    const onExit = (): void => settle(() => reject(new Error('the server ended before it answered')));
    child.on('message', onMessage);
    child.on('exit', onExit);
  });
}
