import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { docComment } from '../../codegen/print/text.ts';
import { type DocComments, readDocComments } from '../../codegen/source/doc-comments.ts';
import { filesOf, run, temporaryFolder } from './command.ts';

async function docsOf(files: Readonly<Record<string, string>>): Promise<Record<keyof DocComments, object>> {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const { types, fields, functions } = await readDocComments(folder);
  return {
    types: Object.fromEntries(types),
    fields: Object.fromEntries(fields),
    functions: Object.fromEntries(functions),
  };
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
        types: { note: 'A note, of one owner.' },
        fields: { 'note.noteId': 'Chosen by the client.' },
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

    /// Writes a note
    [SpacetimeDB.Reducer]
    public static void CreateNote(ReducerContext ctx, string title) {}
}
`;
    expect(await docsOf({ 'Lib.cs': source })).toEqual({
      types: { note: 'A note, of one owner.' },
      fields: { 'note.noteId': 'Chosen by the client.' },
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
