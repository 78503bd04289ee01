import { isInWorld } from '../../shared/world-map.ts';
import { drawShoal } from './draw-shoal.ts';
import { type Palette } from './palette.ts';
import { type Swimmer } from './swimmer.ts';
import { type Swimmers } from './swimmers.ts';
import { type View } from './view.ts';

/** What a window calls somebody whom it sees. */
export interface Label {
  readonly name: string;
  readonly hue: number;
  readonly isMe: boolean;
}

/** What one frame shows. */
export interface Scene {
  readonly swimmers: Swimmers;
  /** Who the players are, by entity. */
  readonly labels: ReadonlyMap<number, Label>;
  /** Milliseconds; stands still in a still picture. */
  readonly now: number;
}

/** Draws a frame: what is far first, people above fish. */
export function drawScene(canvas: CanvasRenderingContext2D, view: View, palette: Palette, scene: Scene): void {
  const { swimmers, labels, now } = scene;
  canvas.clearRect(0, 0, view.width, view.height);
  swimmers.shoals.forEach((shoal, number) => drawShoal(canvas, view, palette, number, shoal.values(), now));
  canvas.fillStyle = palette.wanderer;
  for (const jelly of swimmers.wanderers.values()) drawJelly(canvas, view, jelly, now);
  for (const player of swimmers.players.values()) {
    const label = labels.get(player.id);
    if (label !== undefined && isInWorld(player)) drawPlayer(canvas, view, palette, player, label);
  }
}

function drawJelly(canvas: CanvasRenderingContext2D, view: View, { id, x, y }: Swimmer, now: number): void {
  const breath = 1 + 0.12 * Math.sin(now / 500 + id);
  for (const [radius, opacity] of [
    [2.6 * breath, 0.14],
    [1.7 * breath, 0.28],
    [0.7, 0.85],
  ] as const) {
    canvas.globalAlpha = opacity;
    disc(canvas, x * view.scaleX, y * view.scaleY, radius * view.unit);
    canvas.fill();
  }
  canvas.globalAlpha = 1;
}

function drawPlayer(
  canvas: CanvasRenderingContext2D,
  view: View,
  palette: Palette,
  player: Swimmer,
  { name, hue, isMe }: Label,
): void {
  const x = player.x * view.scaleX;
  const y = player.y * view.scaleY;
  const radius = Math.max(6 * devicePixelRatio, 1.5 * view.unit);
  canvas.fillStyle = canvas.strokeStyle = `oklch(${palette.whoLightness} 0.15 ${hue})`;
  disc(canvas, x, y, radius);
  canvas.fill();
  if (isMe) {
    canvas.lineWidth = 0.22 * radius;
    disc(canvas, x, y, 1.6 * radius);
    canvas.stroke();
  }
  canvas.font = `${isMe ? 700 : 500} ${Math.max(12 * devicePixelRatio, 2.4 * view.unit)}px system-ui, sans-serif`;
  canvas.textAlign = 'center';
  canvas.lineWidth = 3 * devicePixelRatio;
  canvas.strokeStyle = palette.halo;
  canvas.fillStyle = palette.label;
  canvas.strokeText(name, x, y - 2.1 * radius);
  canvas.fillText(name, x, y - 2.1 * radius);
}

function disc(canvas: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  canvas.beginPath();
  canvas.arc(x, y, radius, 0, 2 * Math.PI);
}
