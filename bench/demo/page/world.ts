import { type SpacetimeDbClient } from '#bindings';
import { computed } from 'spacetimedb-signals';
import { playerId } from '../shared/world-map.ts';
import { find } from './dom.ts';
import { drawScene, readPalette, viewOn } from './draw.ts';
import { nameOf } from './people.ts';
import { play, type Player } from './player.ts';
import { bindSprites, glide } from './sprites.ts';

/** The canvas: rows move sprites, and frames draw sprites. */
export function showWorld(client: SpacetimeDbClient): void {
  const canvas = find('#world', HTMLCanvasElement);
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('this browser has no canvas');
  const sprites = bindSprites(client);
  const player = play(client);
  const names = computed(
    () => new Map(client.user.rows.value.map(({ identity }) => [playerId(identity), nameOf(client, identity)])),
  );
  let palette = readPalette();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => (palette = readPalette()));
  fitToScreen(canvas);
  listenForMoves(canvas, player);

  let last = performance.now();
  const frame = (now: number): void => {
    glide(sprites.values(), now - last);
    last = now;
    const scene = { sprites: sprites.values(), names: names.value, me: player.id(), target: player.target };
    drawScene(context, scene, palette);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

/** As many pixels as the screen has. */
function fitToScreen(canvas: HTMLCanvasElement): void {
  const fit = (): void => {
    canvas.width = Math.round(canvas.clientWidth * devicePixelRatio);
    canvas.height = Math.round(canvas.clientHeight * devicePixelRatio);
  };
  new ResizeObserver(fit).observe(canvas);
  fit();
}

const arrows: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-6, 0],
  ArrowRight: [6, 0],
  ArrowUp: [0, -6],
  ArrowDown: [0, 6],
};

function listenForMoves(canvas: HTMLCanvasElement, player: Player): void {
  const moveTo = (event: PointerEvent): void => {
    const box = canvas.getBoundingClientRect();
    const { scale, left, top } = viewOn(box);
    player.moveTo({ x: (event.clientX - box.left - left) / scale, y: (event.clientY - box.top - top) / scale });
  };
  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId);
    moveTo(event);
  });
  canvas.addEventListener('pointermove', (event) => {
    if (event.buttons === 1) moveTo(event);
  });
  canvas.addEventListener('keydown', (event) => {
    const arrow = arrows[event.key];
    if (arrow === undefined) return;
    event.preventDefault();
    player.moveTo({ x: player.target.x + arrow[0], y: player.target.y + arrow[1] });
  });
}
