import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { databaseName, findDevModule } from '../../../codegen/dev/dev-module.ts';
import { parseDevOptions } from '../../../codegen/dev/dev-options.ts';
import { Footer } from '../../../codegen/dev/footer.ts';
import { excerptOf, placeIn } from '../../../codegen/dev/source-excerpt.ts';
import { cut, stylesOf } from '../../../codegen/dev/styles.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { run } from '../command.ts';

const nothing = { modulePath: undefined, database: undefined };

describe('the options of dev', () => {
  test('have defaults, and give the rest to generate', () => {
    expect(parseDevOptions([])).toMatchObject({
      module: undefined,
      port: 3000,
      generate: undefined,
      resets: false,
      generateArguments: [],
    });
    expect(
      parseDevOptions([
        'x',
        '--db',
        'n',
        '-p',
        '0',
        '-g',
        'out',
        '--data-dir',
        'd',
        '--durable',
        '--',
        '--enums',
        'string',
      ]),
    ).toEqual({
      module: 'x',
      database: 'n',
      port: 0,
      generate: 'out',
      dataDir: 'd',
      isDurable: true,
      resets: false,
      isPlain: false,
      generateArguments: ['--enums', 'string'],
    });
  });

  test.each([
    [['a', 'b'], 'one module at a time: a or b'],
    [['--port', 'x'], '--port is a number from 0 to 65535, not "x"'],
    [['--port', '70000'], '--port is a number from 0 to 65535'],
    [['--durable'], '--durable needs --data-dir'],
    [['--nope'], `there is no option '--nope'`],
  ])('%j get one line', async (args, problem) => {
    const { code, errors } = await run(temporaryFolder(), ['dev', ...args]);
    expect([code, errors]).toEqual([3, [expect.stringContaining(`spacetimedb-signals dev: ${problem}`)]]);
  });

  test('are explained', async () => {
    expect((await run(temporaryFolder(), ['dev', '--help'])).output.join('\n')).toContain('--data-dir DIR');
  });
});

describe('the module of dev', () => {
  test('is what is given, what is configured, the usual folder, the present one', async () => {
    const cwd = temporaryFolder();
    const titleOf = async (given?: string, modulePath?: string): Promise<string> =>
      (await findDevModule(given, { ...nothing, modulePath }, cwd)).title;
    expect(await titleOf()).toBe('.');
    for (const name of ['spacetimedb', 'a', 'b']) mkdirSync(join(cwd, name));
    expect(await titleOf()).toBe('spacetimedb');
    expect(await titleOf(undefined, 'a')).toBe('a');
    expect(await titleOf('b', 'a')).toBe('b');
    await expect(titleOf('c')).rejects.toThrow('c: there is no such file or folder');
    writeFileSync(join(cwd, 'note.txt'), '');
    await expect(titleOf('note.txt')).rejects.toThrow('note.txt is no module: expected');
  });

  test.each([
    ['/home/me/My Notes/spacetimedb', 'my-notes'],
    ['/home/me/chat', 'chat'],
    ['/home/me/__x__', 'x'],
    ['/', 'dev'],
  ])('in %s serves the database %s', async (folder, name) => {
    const module = { ...(await findDevModule('.', nothing, temporaryFolder())), folder };
    expect(databaseName(undefined, nothing, module)).toBe(name);
    expect(databaseName(undefined, { ...nothing, database: 'configured' }, module)).toBe('configured');
    expect(databaseName('given', { ...nothing, database: 'configured' }, module)).toBe('given');
    expect(() => databaseName('No Name', nothing, module)).toThrow('--db is no name for a database: "No Name"; ');
  });
});

describe('an excerpt of a source', () => {
  test('shows the line that a text names, and the column', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'a.ts'), 'one\ntwo\nthree\n');
    const place = placeIn('it cannot be read: a.ts:2:3: oh no, b.ts:1');
    expect(place).toEqual({ file: 'a.ts', line: 2, column: 3 });
    expect(excerptOf(place ?? { file: '', line: 0 }, ['/nowhere', folder])).toEqual([
      '1 │ one',
      '2 │ two',
      '  │   ^',
      '3 │ three',
    ]);
    expect(excerptOf({ file: 'a.ts', line: 99 }, [folder])).toEqual([]);
    expect(excerptOf({ file: 'b.ts', line: 1 }, [folder])).toEqual([]);
    expect(placeIn('no place at all')).toBeUndefined();
  });
});

describe('a line', () => {
  const { red, bold } = stylesOf(true);

  test('is cut by what is seen of it, and its styles end', () => {
    expect(cut('short', 5)).toBe('short');
    expect(cut('longer', 5)).toBe('long…');
    expect(cut(`${red('ab')}${bold('cd')}ef`, 6)).toBe(`${red('ab')}${bold('cd')}ef`);
    expect(cut(`${red('ab')}${bold('cd')}ef`, 4)).toBe(`${red('ab')}${bold('c…')}`);
    expect(cut(`${red('👩‍🚀👩')}x`, 3).includes('…')).toBe(true);
    expect(stylesOf(false).red('x')).toBe('x');
  });

  test('of the footer stays one line, and others go above', () => {
    const written: string[] = [];
    const footer = new Footer({
      hasColors: false,
      columns: () => 5,
      write: (text) => written.push(text),
      onKey: () => () => undefined,
    });
    footer.set(['one', 'longer']);
    footer.set(['one', 'longer']);
    footer.print('news');
    footer.set([]);
    footer.close();
    expect(written).toEqual([
      '\u001B[?25l',
      '\r\u001B[0Jone\nlon…\n',
      '\u001B[2A\r\u001B[0Jnews\none\nlon…\n',
      '\u001B[2A\r\u001B[0J',
      '\u001B[?25h',
    ]);
  });
});
