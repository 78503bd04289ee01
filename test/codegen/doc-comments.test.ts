import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { docComment } from '../../codegen/print/text.ts';
import { type DocComments, readDocComments } from '../../codegen/source/doc-comments.ts';
import { filesOf, run, temporaryFolder } from './command.ts';

/** What was found, as objects. */
interface FoundDocs {
  readonly types: object;
  readonly parts: object;
  readonly functions: object;
}

const found = ({ types, parts, functions }: DocComments): FoundDocs => ({
  types: Object.fromEntries(types),
  parts: Object.fromEntries(parts),
  functions: Object.fromEntries(functions),
});

async function readDocs(files: Readonly<Record<string, string>>): Promise<DocComments> {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return readDocComments(folder);
}

async function docsOf(files: Readonly<Record<string, string>>): Promise<FoundDocs> {
  return found(await readDocs(files));
}

describe('the comments of a module', () => {
  test('in Rust are those above types, fields and functions, with attributes between', async () => {
    const source = `//! About the file.
use spacetimedb::{reducer, table};

/// A note,
/// of one owner.
#[table(accessor = note, public)]
#[derive(Clone)]
pub struct Note {
    /// Chosen by the client.
    #[primary_key]
    pub note_id: u64,
    // No doc comment.
    title: String,
}

/// How somebody feels.
#[derive(SpacetimeType)]
pub enum Mood {
    /// As a rule.
    #[default]
    Calm,
    /// For a time.
    CrossSince(Timestamp),
    Other,
}

/// Belongs to nothing.

fn helper() {}

/// Writes a note
#[reducer]
pub fn create_note(ctx: &ReducerContext, title: String) -> Result<(), String> {
    let title: String = title;
}
`;
    expect(await docsOf({ 'src/lib.rs': source, 'target/debug/build.rs': '/// Derived\npub struct Other {}' })).toEqual(
      {
        types: { note: 'A note, of one owner.', mood: 'How somebody feels.' },
        parts: { 'note.noteId': 'Chosen by the client.', 'mood.calm': 'As a rule.', 'mood.crossSince': 'For a time.' },
        functions: { createNote: 'Writes a note' },
      },
    );
  });

  test('in C# are those above public parts, without the tags of XML', async () => {
    const source = `public static partial class Module
{
    /// <summary>
    /// A note, of one <c>owner</c>.
    /// </summary>
    [SpacetimeDB.Table(Public = true)]
    public partial struct Note
    {
        /// <summary>Chosen by the client.</summary>
        [PrimaryKey]
        public ulong NoteId;
    }

    [SpacetimeDB.Type]
    public enum Mood
    {
        /// <summary>As a rule.</summary>
        Calm = 1,
        /// For a time.
        Cross
    }

    [SpacetimeDB.Type]
    public partial record Status : TaggedEnum<(
        /// Not yet.
        Unit Pending,
        /// Since when.
        ulong ActiveSince)>;

    /// Writes a note
    [SpacetimeDB.Reducer]
    public static void CreateNote(ReducerContext ctx, string title) {}
}
`;
    expect(await docsOf({ 'Lib.cs': source })).toEqual({
      types: { note: 'A note, of one owner.' },
      parts: {
        'note.noteId': 'Chosen by the client.',
        'mood.calm': 'As a rule.',
        'mood.cross': 'For a time.',
        'status.pending': 'Not yet.',
        'status.activeSince': 'Since when.',
      },
      functions: { createNote: 'Writes a note' },
    });
  });

  test('in TypeScript go into the generated code when they are asked for', async () => {
    const folder = temporaryFolder();
    const project = fileURLToPath(new URL('../fixtures/typescript-module', import.meta.url));
    await run(folder, ['generate', '-p', project, '-o', 'with', '--doc-comments']);
    await run(folder, ['generate', '-p', project, '-o', 'without']);
    const { 'index.ts': index = '', 'types.ts': types = '' } = filesOf(join(folder, 'with'));
    expect(types).toContain('/** A cat of the house. */\nexport interface Cat {');
    expect(types).toContain('  /** What it is called by. It does not listen. */\n  readonly name: string;');
    expect(index).toContain('/** A cat of the house. The table `cat`. Primary key: `catId`. */');
    expect(index).toContain('  /** Calls the reducer `add_cat`. Takes a cat in, and feeds it. */\n');
    expect(filesOf(join(folder, 'without'))['types.ts']).not.toContain('of the house');
  });

  test('in TypeScript are those above variants, too, and above views', async () => {
    const source = `
const Mood = t.enum('Mood', [
  /** As a rule. */
  'Calm',
  'Cross',
]);
const Status = t.enum('Status', {
  /** Not yet. */
  Pending: t.unit(),
  /** Since when. */
  ActiveSince: t.u64(),
});
/** Whoever asks. */
export const me = spacetimedb.view({ name: 'me' }, t.option(user.rowType), () => undefined);
`;
    expect(await docsOf({ 'src/index.ts': source })).toEqual({
      types: {},
      parts: {
        'mood.calm': 'As a rule.',
        'status.pending': 'Not yet.',
        'status.activeSince': 'Since when.',
      },
      functions: { me: 'Whoever asks.' },
    });
  });

  test('in TypeScript are those of the files that a module is made of before others, and of a submodule its own', async () => {
    const row = (doc: string): string => `/** ${doc} */\nexport const user = table({ name: 'user' }, {});\n`;
    const docs = await readDocs({
      'src/a-library/index.ts': `import { user } from './tables.js';\nexport default schema({ user });\n`,
      'src/a-library/tables.ts': row('Of the library.'),
      'src/an-audit.ts': `import * as main from './index';\n${row('Of the audit.')}`,
      'src/index.ts': `import * as lib from './a-library';\nimport * as audit from './an-audit';
import { user } from './tables';\nexport default schema({ user, library: lib, audit });\n`,
      'src/tables.ts': row('Of the module.'),
    });
    const ofUser = (module: DocComments | undefined): string | undefined => module?.types.get('user');
    expect(ofUser(docs)).toBe('Of the module.');
    expect(ofUser(docs.submodule('library'))).toBe('Of the library.');
    expect(ofUser(docs.submodule('audit'))).toBe('Of the audit.');
    expect(docs.submodule('elsewhere')).toBeUndefined();
    expect(ofUser(docs.submodule('audit')?.submodule('main'))).toBe('Of the module.');
  });

  test('go into the code of submodules and above variants', async () => {
    const folder = temporaryFolder();
    const project = fileURLToPath(new URL('../fixtures/submodule-project', import.meta.url));
    await run(folder, ['generate', '-p', project, '-o', 'objects', '--doc-comments']);
    await run(folder, ['generate', '-p', project, '-o', 'strings', '--doc-comments', '--enums', 'string']);
    const files = filesOf(join(folder, 'objects'));
    expect(files['types.ts']).toContain(
      "export type Mood =\n  | { readonly tag: 'Calm' }\n  /** For a reason. */\n  | { readonly tag: 'Cross' };",
    );
    expect(filesOf(join(folder, 'strings'))['types.ts']).toContain(
      "export type Mood =\n  | 'Calm'\n  /** For a reason. */\n  | 'Cross';",
    );
    expect(files['index.ts']).toContain('/** Who is logged in. The view `me`: ');
    expect(files['library/types.ts']).toContain(
      "/** Of which the title says enough. */\n  | { readonly tag: 'Other'; readonly value: string };",
    );
    expect(files['library/index.ts']).toContain('/** Calls the reducer `library.lend`. Lends a book for some days. */');
    expect(files['library/audit/types.ts']).toContain('  /** In words. */\n  readonly what: string;');
  });

  test('are in no schema', async () => {
    const { code, errors } = await run(temporaryFolder(), ['generate', '--schema', 'a', '--doc-comments']);
    expect([code, errors]).toEqual([3, [expect.stringContaining('--doc-comments is for a project')]]);
  });
});

test('a long comment is broken between words, and cannot end the comment', () => {
  const lines = docComment([`${'word '.repeat(60)}*/ end.`], '  ');
  expect(lines.every((line) => line.length <= 140)).toBe(true);
  expect(lines[0]).toBe('  /**');
  expect(lines.at(-1)).toBe('   */');
  expect(lines.slice(1, -1).join('\n')).not.toContain('*/');
  expect(
    lines
      .slice(1, -1)
      .map((line) => line.slice('   * '.length))
      .join(' '),
  ).toBe(`${'word '.repeat(60)}*\\/ end.`);
});
