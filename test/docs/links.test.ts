import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What people read, by path from the root of the repository. */
const pages = ['README.md', 'COMPAT.md', 'CHANGELOG.md', ...pagesIn('docs'), 'src/connection/STATES.md'];

function pagesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return pagesIn(path);
    return path.endsWith('.md') ? [path] : [];
  });
}

/** Examples, in blocks and in lines. */
const code = /^```[^]*?^```$|`[^`\n]*`/gm;

/** Where a page leads, but for other sites: links and pictures, in Markdown and in HTML. */
function linksOf(page: string): string[] {
  const text = readFileSync(join(root, page), 'utf8').replaceAll(code, '');
  const links = text.matchAll(/\]\(([^()\s]+)\)|(?:src|href|srcset)="([^"]+)"/g);
  return Array.from(links, ([, inMarkdown, inHtml]) => inMarkdown ?? inHtml ?? '').filter(
    (link) => !/^[a-z]+:/.test(link),
  );
}

/** The file or folder that a link of a page names, by path from the root of the repository. */
function targetOf(page: string, link: string): string {
  const [path = ''] = link.split('#');
  return path === '' ? page : relative(root, join(root, dirname(page), path));
}

/** The anchors that GitHub and npm give to the headings of a page. */
function anchorsOf(page: string): ReadonlySet<string> {
  const text = readFileSync(join(root, page), 'utf8').replaceAll(/^```[^]*?^```$/gm, '');
  const seen = new Map<string, number>();
  const anchors = Array.from(text.matchAll(/^#+ (.*)$/gm), ([, heading = '']) => {
    const anchor = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-');
    const count = seen.get(anchor) ?? 0;
    seen.set(anchor, count + 1);
    return count === 0 ? anchor : `${anchor}-${count}`;
  });
  return new Set(anchors);
}

describe.each(pages)('%s', (page) => {
  test('leads to files that are there, and to headings that they have', () => {
    const broken = linksOf(page).filter((link) => {
      const target = targetOf(page, link);
      if (!existsSync(join(root, target))) return true;
      const [, anchor] = link.split('#');
      return anchor !== undefined && !anchorsOf(target).has(anchor);
    });
    expect(broken).toEqual([]);
  });
});

test('what is read in the package leads to what the package holds, or to how the repository is tested and shown', () => {
  const isShipped = (path: string): boolean =>
    manifest.files.some((entry) => path === entry || path.startsWith(`${entry}/`));
  const outside = pages.filter(isShipped).flatMap((page) =>
    linksOf(page)
      .map((link) => targetOf(page, link))
      .filter((target) => !isShipped(target) && !/^(?:test|bench)\//.test(target))
      .map((target) => `${page}: ${target}`),
  );
  expect(outside).toEqual([]);
});

test('every section of the README is in the list at its beginning, in the same order', () => {
  const text = readFileSync(join(root, 'README.md'), 'utf8');
  const [list = ''] = text.split('\n## ', 1);
  const listed = Array.from(list.matchAll(/\]\(#([^)]+)\)/g), ([, anchor]) => anchor);
  const sections = [...anchorsOf('README.md')].slice(1).filter((anchor) => anchor !== 'licence');
  expect(listed).toEqual(sections);
});

test('every picture of the documentation is shown somewhere', () => {
  const shown = new Set(pages.flatMap((page) => linksOf(page).map((link) => targetOf(page, link))));
  const pictures = readdirSync(join(root, 'docs/images')).map((name) => `docs/images/${name}`);
  expect(pictures.filter((picture) => statSync(join(root, picture)).isFile() && !shown.has(picture))).toEqual([]);
});
