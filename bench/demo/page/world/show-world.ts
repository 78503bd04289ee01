import { effect } from 'spacetimedb-signals';
import { playerId } from '../../shared/world-map.ts';
import { type DemoWindow } from '../demo-window.ts';
import { find } from '../dom.ts';
import { hueOf, isMe, nameOf } from '../people.ts';
import { drawScene, type Label, type Scene } from './draw.ts';
import { followPalette } from './palette.ts';
import { play } from './player.ts';
import { steer } from './steering.ts';
import { stillnessOf } from './stillness.ts';
import { bindSwimmers } from './swimmers.ts';
import { viewOn } from './view.ts';

/** A still picture is drawn anew once a second. */
const stillMs = 1000;

/** The water: rows say where everything is, and every frame looks. */
export function showWorld(demoWindow: DemoWindow): void {
  const { client, element, figures } = demoWindow;
  const canvas = find(element, 'canvas', HTMLCanvasElement);
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('this browser has no canvas');
  const isStill = stillnessOf(find(element, '.still', HTMLButtonElement));
  const isVisible = visibilityOf(canvas);
  const swimmers = bindSwimmers(client);
  const palette = followPalette();
  const labels = labelsOf(demoWindow);
  steer(canvas, play(demoWindow));
  fitToScreen(canvas);

  let last = 0;
  const frame = (now: number): void => {
    requestAnimationFrame(frame);
    const passed = now - last;
    if (!isVisible() || (isStill.peek() && passed < stillMs)) return;
    last = now;
    const still = isStill.peek();
    for (const group of [...swimmers.shoals, swimmers.wanderers, swimmers.players]) {
      for (const swimmer of group.values()) {
        if (still) swimmer.stay();
        else swimmer.swim(now, passed);
      }
    }
    drawScene(context, viewOn(canvas), palette.current, { swimmers, labels: labels(), now: still ? 0 : now });
    figures.countFrame();
  };
  requestAnimationFrame(frame);
}

/** Who the players are: kept by an effect over the table `user`, so that a frame finds it ready. */
function labelsOf({ client }: DemoWindow): () => Scene['labels'] {
  let labels: ReadonlyMap<number, Label> = new Map();
  effect(() => {
    const entries = client.user.rows.value.map(({ identity }): [number, Label] => {
      const me = isMe(client, identity);
      return [playerId(identity), { name: me ? 'you' : nameOf(client, identity), hue: hueOf(identity), isMe: me }];
    });
    labels = new Map(entries);
  });
  return () => labels;
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

/** Whether somebody can see the canvas: on a narrow screen one of the two windows is somewhere below. */
function visibilityOf(canvas: HTMLCanvasElement): () => boolean {
  let isVisible = true;
  new IntersectionObserver((entries) => (isVisible = entries.at(-1)?.isIntersecting ?? true)).observe(canvas);
  return () => isVisible;
}
