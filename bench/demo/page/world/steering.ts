import { type Player } from './player.ts';
import { viewOn } from './view.ts';

const arrows: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-6, 0],
  ArrowRight: [6, 0],
  ArrowUp: [0, -6],
  ArrowDown: [0, 6],
};

/** Clicks, drags, touches and arrow keys on the water move the player. */
export function steer(canvas: HTMLCanvasElement, player: Player): void {
  const moveTo = (event: PointerEvent): void => {
    const box = canvas.getBoundingClientRect();
    const { scaleX, scaleY } = viewOn(box);
    player.moveTo({ x: (event.clientX - box.left) / scaleX, y: (event.clientY - box.top) / scaleY });
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
