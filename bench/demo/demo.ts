import { join } from 'node:path';
import { EmbeddedServer } from 'spacetimedb-signals/embedded';
import { measureFrames } from './frames.ts';
import { servePage } from './page-server.ts';
import { bundlePage, generateBindings, loadNodeSide, type NodeSide } from './prepare.ts';
import { type Terminal, terminalOn } from './terminal.ts';
import { type Place } from './tour/stage.ts';

/** What `start.mjs` was asked for. */
export interface DemoOptions {
  /** Whether to end after the tour. */
  readonly exit: boolean;
  /** Whether to measure the page instead of waiting for people who look at it. */
  readonly frames: boolean;
  /** Where the page is served; 0 for any free port. */
  readonly port: number;
  /** The folder of the repository. */
  readonly root: string;
  /** An empty folder inside it, gone after the demo. */
  readonly scratch: string;
}

/** Runs the demo to its end. Returns the exit code: 0 when every step of the tour showed what it says. */
export async function demo(options: DemoOptions): Promise<number> {
  const { root, scratch } = options;
  const terminal = terminalOn(process.stdout);
  const module = join(root, 'test/reference-module/reference-module.wasm');
  try {
    const port = options.port === 0 ? 0 : options.port + 1;
    // A step has a reducer panic, and tells of it itself.
    const log = (): void => undefined;
    await using server = await EmbeddedServer.start({ module, database: 'demo', port, log });
    terminal.line(`Running reference-module.wasm as database "demo" at ${server.url} ...`);
    const bindings = join(root, '.demo/generated');
    await generateBindings(root, bindings, server.url, server.database);
    terminal.line(`Wrote bindings for it to .demo/generated with spacetimedb-signals generate ...`);
    terminal.line();
    const place = { host: server.host, database: server.database };
    const nodeSide = await loadNodeSide(root, scratch, bindings);
    const failed = await nodeSide.runTour(place, terminal);
    if (!options.exit) await showPage(options, bindings, place, nodeSide, terminal);
    return failed === 0 ? 0 : 1;
  } catch (error) {
    terminal.line(terminal.red(`The demo cannot go on: ${error instanceof Error ? error.message : String(error)}`));
    return 1;
  }
}

/** Serves the page, and moves what swims in it, until Ctrl-C. */
async function showPage(
  { root, port, frames }: DemoOptions,
  bindings: string,
  place: Place,
  { startWorld }: NodeSide,
  terminal: Terminal,
): Promise<void> {
  await using page = await servePage(await bundlePage(root, bindings, place), port, place.host);
  const onWorldError = (error: unknown): void =>
    terminal.line(terminal.red(`The world stands still: ${String(error)}`));
  await using _world = await startWorld(place, onWorldError);
  terminal.line();
  if (frames) {
    await measureFrames(page.url, terminal);
    return;
  }
  terminal.line(`  Open ${terminal.bold(terminal.cyan(page.url))} to see two clients of it side by side.`);
  terminal.line(terminal.dim('  Ctrl-C ends the demo.'));
  await interrupted();
  terminal.line();
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
}
