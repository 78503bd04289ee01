import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What takes longest, by what the paths of the files begin with: begun last, one process would be left with it at the end. */
const longest: readonly string[] = [
  'test/adapters/frameworks',
  'test/package/',
  'test/browser/',
  'test/codegen/compile',
  'test/simulation/',
  'test/docs/',
  'test/adapters/types',
  'test/offline/',
  'test/official/',
  'test/sockets/',
  'test/malformed/',
];

/**
 * Files with a process of their own, then those that share one, since a process goes on to the next file only where that is one of the same project. Of these what takes
 * longest comes first, and everything else in the order that vitest has for it.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const shares = (file: TestSpecification): number => Number(!file.project.config.isolate);
    return sorted.sort((a, b) => shares(a) - shares(b) || this.#rank(a) - this.#rank(b));
  }

  #rank({ project, moduleId }: TestSpecification): number {
    const path = moduleId.slice(project.config.root.length + 1);
    const rank = longest.findIndex((beginning) => path.startsWith(beginning));
    return rank < 0 ? longest.length : rank;
  }
}
