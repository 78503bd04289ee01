/** Points of a size and a time in nanoseconds, joined by a line. */
export interface Curve {
  readonly label: string;
  readonly points: readonly (readonly [size: number, nanoseconds: number])[];
}

/** One chart; both of its axes are logarithmic, so that what grows linearly is a straight slope and what does not grow is level. */
export interface Panel {
  readonly title: string;
  readonly unit: 'µs';
  readonly curves: readonly Curve[];
}

const width = 380;
const height = 260;
const margin = { left: 52, right: 34, top: 48, bottom: 30 };
const colors = ['#1f6feb', '#8250df', '#8c959f'] as const;

/** The charts side by side. */
export function growthSvg(panels: readonly Panel[]): string {
  const charts = panels.map((panel, index) => `<g transform="translate(${index * width} 0)">\n${chart(panel)}\n</g>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${panels.length * width}" height="${height}" font-family="sans-serif" font-size="11">
<rect width="100%" height="100%" fill="#ffffff"/>
${charts.join('\n')}
</svg>
`;
}

function chart({ title, unit, curves }: Panel): string {
  const all = curves.flatMap(({ points }) => points);
  const x = logScale(
    all.map(([size]) => size),
    margin.left,
    width - margin.right,
  );
  const y = logScale(
    all.map(([, time]) => time / 1000),
    height - margin.bottom,
    margin.top,
  );
  const lines = curves.map(({ label, points }, index) => {
    const color = colors[index % colors.length] ?? '#000000';
    const places = points.map(([size, time]) => `${x.place(size).toFixed(1)},${y.place(time / 1000).toFixed(1)}`);
    const dots = places.map((place) => `<circle cx="${place.replace(',', '" cy="')}" r="3" fill="${color}"/>`);
    return `<polyline points="${places.join(' ')}" fill="none" stroke="${color}" stroke-width="2"/>
${dots.join('\n')}
<text x="${margin.left + index * 104}" y="36" fill="${color}">${escaped(label)}</text>`;
  });
  const ticks = [
    ...x.ticks.map((size) => tick(x.place(size), height - margin.bottom + 14, 'middle', size.toLocaleString('en-US'))),
    ...y.ticks.map((time) => tick(margin.left - 6, y.place(time) + 4, 'end', `${time} ${unit}`)),
  ];
  const grid = y.ticks.map(
    (time) =>
      `<line x1="${margin.left}" x2="${width - margin.right}" y1="${y.place(time)}" y2="${y.place(time)}" stroke="#d0d7de"/>`,
  );
  const heading = `<text x="${margin.left}" y="16" font-weight="bold">${escaped(title)}</text>`;
  return [heading, ...grid, ...ticks, ...lines].join('\n');
}

function tick(x: number, y: number, anchor: string, text: string): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="#57606a">${text}</text>`;
}

/** Powers of ten from below the least to above the greatest value, spread from `from` to `to`. */
function logScale(values: readonly number[], from: number, to: number) {
  const least = Math.floor(Math.log10(Math.min(...values)));
  const greatest = Math.max(least + 1, Math.ceil(Math.log10(Math.max(...values))));
  const ticks = Array.from({ length: greatest - least + 1 }, (_, index) =>
    Number((10 ** (least + index)).toPrecision(1)),
  );
  const place = (value: number): number => from + ((Math.log10(value) - least) / (greatest - least)) * (to - from);
  return { ticks, place };
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
