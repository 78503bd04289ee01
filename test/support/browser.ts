import { existsSync } from 'node:fs';
import type { Browser } from 'playwright-core';

/** Where systems have a Chromium that playwright can drive; `CHROMIUM` names another. */
const usualPaths = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Set by `.ci/run`: a machine that has no browser must not pass. */
const isRequired = process.env['BROWSER_TESTS'] === 'required';

const howToInstall =
  'install one with `apt-get install -y --no-install-recommends chromium`, or name one in the environment variable CHROMIUM';

/** Whether tests in a browser are left out here; says so once when they are. */
export function skipsBrowserTests(): boolean {
  if (isRequired || chromiumPath() !== undefined) return false;
  console.warn(`SKIPPED: browser tests need a Chromium, and there is none: ${howToInstall}.`);
  return true;
}

/** A headless Chromium. Throws an `Error` that says how to get one where there is none. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = requireChromium();
  const { chromium } = await import('playwright-core');
  return chromium.launch({ executablePath, args: [...chromiumArguments] });
}

function requireChromium(): string {
  const path = chromiumPath();
  if (path === undefined) throw new Error(`browser tests need a Chromium, and there is none: ${howToInstall}`);
  return path;
}

function chromiumPath(): string | undefined {
  return [process.env['CHROMIUM'] ?? '', ...usualPaths].find((path) => path !== '' && existsSync(path));
}

/** No sandbox, since tests run as root in containers; no traffic of the browser's own. */
const chromiumArguments: readonly string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];
