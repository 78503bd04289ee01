import { type RaceResult, type Spread } from './race.ts';

/** What a value is for people, such as `1.23 µs` or `301 B`. */
export function valueText(value: number | undefined, unit: RaceResult['unit']): string {
  if (value === undefined) return '–';
  if (unit === 'bytes') return `${Math.round(value)} B`;
  if (value < 1000) return `${digits(value)} ns`;
  return value < 1e6 ? `${digits(value / 1000)} µs` : `${digits(value / 1e6)} ms`;
}

/** Three digits that count, such as `0.31`, `12.8` and `173,000`. */
function digits(value: number): string {
  if (value >= 100) {
    const magnitude = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 2);
    return (Math.round(value / magnitude) * magnitude).toLocaleString('en-US');
  }
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

const columns = ['case', 'ours', 'official', 'limit', 'ours / limit', 'spread', 'official / limit', 'target'];

/** The results as a table in Markdown. */
export function tableText(results: readonly RaceResult[]): string {
  const rows = results.map((result) => [
    result.title,
    valueText(result.values.ours, result.unit),
    valueText(result.values.official, result.unit),
    valueText(result.values.limit, result.unit),
    ratioText(result.ratios.ours, result.target),
    spreadText(result.ratios.ours),
    result.ratios.official === undefined ? '–' : digits(result.ratios.official.median),
    `<= ${result.target}`,
  ]);
  const lines = [columns, columns.map((_, at) => (at === 0 ? '---' : '---:')), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** In bold where the target is met. */
function ratioText(ratio: Spread | undefined, target: number): string {
  if (ratio === undefined) return '–';
  return ratio.median <= target ? `**${digits(ratio.median)}**` : digits(ratio.median);
}

function spreadText(spread: Spread | undefined): string {
  return spread === undefined ? '–' : `${digits(spread.least)} … ${digits(spread.greatest)}`;
}
