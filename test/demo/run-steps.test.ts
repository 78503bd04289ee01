import { signal } from 'spacetimedb-signals';
import { describe, expect, test } from 'vitest';
import { failure, same, soon } from '../../bench/demo/tour/check.ts';
import { runSteps, type Step } from '../../bench/demo/tour/run-steps.ts';
import { terminalOn } from '../../bench/demo/terminal.ts';

async function run(...steps: readonly Step[]): Promise<{ readonly failed: number; readonly text: string }> {
  let text = '';
  const failed = await runSteps(steps, terminalOn({ write: (part) => (text += part) }), 50);
  return { failed, text };
}

describe('the steps of the tour', () => {
  test('tell what they show, in order', async () => {
    const { failed, text } = await run(
      { title: 'one', show: () => 'first' },
      { title: 'two', show: () => Promise.resolve('second') },
    );
    expect(failed).toBe(0);
    expect(text.split('\n').map((line) => line.trim().replace(/ +/g, ' '))).toEqual([
      '✓ one first',
      '✓ two second',
      '',
    ]);
  });

  test('that see something else are counted, say what was expected and what came, and keep nobody from going on', async () => {
    const { failed, text } = await run(
      { title: 'one', show: () => (same('the sum', 1 + 1, 3), 'never said') },
      { title: 'two', show: () => 'second' },
    );
    expect(failed).toBe(1);
    expect(text).toMatch(/✗ one +the sum\n +expected 3\n +came +2\n/);
    expect(text).toMatch(/✓ two +second/);
    expect(text).not.toContain('never said');
  });

  test('that throw are counted', async () => {
    const { failed, text } = await run({ title: 'one', show: () => Promise.reject(new TypeError('no such thing')) });
    expect(failed).toBe(1);
    expect(text).toContain('TypeError: no such thing');
  });

  test('that never end are counted', async () => {
    const { failed, text } = await run({ title: 'one', show: () => new Promise<string>(() => undefined) });
    expect(failed).toBe(1);
    expect(text).toContain('its end within 50 ms');
  });
});

describe('the checks of the tour', () => {
  test('soon gives the value, at once or later', async () => {
    const source = signal(1);
    expect(await soon('it', source, (value) => value === 1)).toBe(1);
    const later = soon('it', source, (value) => value === 2);
    source.value = 2;
    expect(await later).toBe(2);
  });

  test('soon says what came instead', async () => {
    await expect(soon('a two', signal(1), (value) => value === 2, 10)).rejects.toThrow(
      'a two\nexpected it within 10 ms\ncame     1',
    );
  });

  test('failure wants a rejection, of the right class', async () => {
    const error = new TypeError('wrong');
    expect(await failure('it', Promise.reject(error), TypeError)).toBe(error);
    await expect(failure('it', Promise.resolve(5), TypeError)).rejects.toThrow(
      'expected a TypeError\ncame     the value 5',
    );
    await expect(failure('it', Promise.reject(new Error('other')), TypeError)).rejects.toThrow('came     Error: other');
  });
});
