import { worldSize } from '../../shared/world-map.ts';

/** How the world lies on a canvas: stretched over all of it. What swims is not stretched. */
export interface View {
  readonly width: number;
  readonly height: number;
  /** Pixels per unit of the world, along and down. */
  readonly scaleX: number;
  readonly scaleY: number;
  /** Pixels per unit for the size of things. */
  readonly unit: number;
}

/** The view on something of this size. */
export function viewOn({ width, height }: { readonly width: number; readonly height: number }): View {
  const scaleX = width / worldSize.width;
  const scaleY = height / worldSize.height;
  return { width, height, scaleX, scaleY, unit: Math.sqrt(scaleX * scaleY) };
}
