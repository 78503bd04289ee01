import { dirname, resolve, sep } from 'node:path';
import { followFolder } from '../follow-folder.ts';

/** The folders elsewhere that a module imports from, but for packages. */
export class FollowedFolders {
  readonly #ended: AbortSignal;
  readonly #dependsOn: (path: string) => boolean;
  readonly #rebuild: () => Promise<void>;
  readonly #followed = new Map<string, Promise<void>>();

  constructor(ended: AbortSignal, dependsOn: (path: string) => boolean, rebuild: () => Promise<void>) {
    this.#ended = ended;
    this.#dependsOn = dependsOn;
    this.#rebuild = rebuild;
  }

  add(files: readonly string[]): void {
    for (const folder of new Set(files.map((file) => dirname(file)))) {
      if (this.#followed.has(folder) || folder.split(sep).includes('node_modules')) continue;
      let isFirst = true;
      const run = async (): Promise<void> => {
        // It was built just now.
        if (!isFirst) await this.#rebuild();
        isFirst = false;
      };
      this.#followed.set(
        folder,
        followFolder(folder, (path) => this.#dependsOn(resolve(folder, path)), run, this.#ended),
      );
    }
  }

  async end(): Promise<void> {
    await Promise.all(this.#followed.values());
  }
}
