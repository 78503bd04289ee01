import { launchChromium } from '../../test/support/browser.ts';
import { type Terminal } from './terminal.ts';

const warmUpMs = 3000;
const measuredMs = 8000;

/** What the page wrote down: when frames came, how long their scripts took, both in milliseconds, and how often something took longer than 50 ms. */
interface Frames {
  readonly times: readonly number[];
  readonly scripts: readonly number[];
  readonly longTasks: number;
}

/** Runs in the page before anything else: the page itself knows nothing of being measured. Text, because it is checked without the browser's types. */
const recorder = `{
  const frames = { times: [], scripts: [], longTasks: 0 };
  const request = requestAnimationFrame;
  globalThis.requestAnimationFrame = (callback) => request((time) => {
    const start = performance.now();
    callback(time);
    const script = performance.now() - start;
    // Each window asks for itself: what runs in one frame belongs together.
    if (frames.times.at(-1) === time) frames.scripts[frames.scripts.length - 1] += script;
    else {
      frames.times.push(time);
      frames.scripts.push(script);
    }
  });
  new PerformanceObserver((list) => (frames.longTasks += list.getEntries().length)).observe({ type: 'longtask' });
  globalThis.recordFrames = (millis) => {
    Object.assign(frames, { times: [], scripts: [], longTasks: 0 });
    return new Promise((resolve) => setTimeout(() => resolve(frames), millis));
  };
}`;

/** Opens the page in a headless Chromium and prints how its frames come, with both windows and 5,000 rows that move. */
export async function measureFrames(url: string, terminal: Terminal): Promise<void> {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await page.addInitScript(recorder);
    await page.goto(url);
    await page
      .locator('.steps', { hasText: /^[1-9]/ })
      .first()
      .waitFor();
    await page.waitForTimeout(warmUpMs);
    const frames = await page.evaluate<Frames>(`recordFrames(${measuredMs})`);
    const steps = await page.locator('.steps').first().textContent();
    const seconds = measuredMs / 1000;
    const gaps = frames.times.slice(1).map((time, index) => time - (frames.times[index] ?? time));
    terminal.line(`  Two windows of 5,000 moving rows, ${steps} transactions/s each, drawn without a graphics card:`);
    terminal.line(`    frames             ${(gaps.length / seconds).toFixed(1)} per second, in ${seconds} s`);
    terminal.line(`    between frames     ${quantiles(gaps)}`);
    terminal.line(`    script per frame   ${quantiles(frames.scripts)}, of the 16.7 ms that a frame has`);
    terminal.line(`    tasks over 50 ms   ${frames.longTasks}`);
  } finally {
    await browser.close();
  }
}

function quantiles(millis: readonly number[]): string {
  const sorted = [...millis].sort((a, b) => a - b);
  const at = (part: number): string => (sorted[Math.floor(part * (sorted.length - 1))] ?? Number.NaN).toFixed(1);
  return `median ${at(0.5)} ms, 95 % ${at(0.95)} ms, longest ${at(1)} ms`;
}
