import { type LogRecord } from '../../src/embedded/index.ts';
import { type DevStatus, type DevView, logParts, type Problem, timeText } from './dev-view.ts';
import { Footer, type Terminal } from './footer.ts';
import { type Styles, stylesOf } from './styles.ts';

const clearScreen = '\u001B[2J\u001B[3J\u001B[H';

/** A view with the log above and, always in sight below, how things stand. `clear` empties the screen. */
export function terminalView(terminal: Terminal): DevView & { readonly clear: () => void } {
  const styles = stylesOf(terminal.hasColors);
  const footer = new Footer(terminal);
  let status: DevStatus | undefined;
  let problem: Problem | undefined;
  const draw = (): void => footer.set(footerLines(status, problem, styles));
  return {
    status: (next) => {
      status = next;
      draw();
    },
    problem: (next) => {
      problem = next;
      draw();
    },
    say: (line) => footer.print(`${styles.dim(timeText(new Date()))} ${line}`),
    log: (record) => footer.print(logLine(record, styles)),
    clear: () => {
      footer.set([]);
      terminal.write(clearScreen);
      draw();
    },
    close: () => footer.close(),
  };
}

function logLine(record: LogRecord, { dim, red, yellow, cyan, bold }: Styles): string {
  const { time, level, origin, message } = logParts(record);
  const paint = { error: red, panic: red, warn: yellow, info: cyan, debug: dim, trace: dim }[record.level];
  return `${dim(time)} ${paint(bold(level.padEnd(5)))} ${origin === '' ? '' : `${dim(origin)} `}${message}`;
}

const edge = '┃';

function footerLines(status: DevStatus | undefined, problem: Problem | undefined, styles: Styles): readonly string[] {
  if (status === undefined) return [];
  const { bold, dim, cyan } = styles;
  const paint = problem === undefined ? styles.green : styles.red;
  const lines = [
    `${bold(status.database)}  ${status.url === undefined ? dim('no server yet') : cyan(status.url)}  ${stateText(status, styles)}`,
    activityText(status, styles),
    ...(problem === undefined ? [] : problemLines(problem, styles)),
    keysText(problem, styles),
  ];
  return ['', ...lines.map((line) => `${paint(edge)} ${line}`)];
}

function stateText({ state, isFormer }: DevStatus, { green, yellow, red }: Styles): string {
  if (state === 'building') return yellow('◌ building');
  if (state === 'waiting') return red('● waiting for a module that can be run');
  return isFormer ? yellow('● running the former module') : green('● running');
}

const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

function activityText({ module, connections, calls, callsPerSecond }: DevStatus, { dim }: Styles): string {
  const most = Math.max(...callsPerSecond, 1);
  const graph = callsPerSecond.map((count) => bars[Math.round((count / most) * (bars.length - 1))] ?? '').join('');
  const perSecond = `${callsPerSecond.at(-1) ?? 0} calls/s ${graph}`;
  const total = `${calls.toLocaleString('en')} calls`;
  return [`${connections} ${connections === 1 ? 'client' : 'clients'}`, perSecond, total, module].join(dim('  ·  '));
}

function problemLines({ title, details, excerpt }: Problem, { red, bold, dim }: Styles): readonly string[] {
  return [
    '',
    red(bold(`✗ ${title}`)),
    ...details.map((line) => `  ${line}`),
    ...excerpt.map((line) => dim(`  ${line}`)),
    '',
  ];
}

function keysText(problem: Problem | undefined, { bold, dim, yellow }: Styles): string {
  const key = (letter: string, what: string): string => `${bold(letter)} ${dim(what)}`;
  const reset =
    problem?.isMendedByReset === true
      ? yellow(`${bold('x')} forget all rows, which mends this`)
      : key('x', 'forget all rows');
  return [key('r', 'build again'), reset, key('g', 'generate'), key('c', 'clear'), key('q', 'quit')].join('   ');
}
