import { attributes } from '../../../engine/hub/starter-attributes.ts';
import type { Truth } from './attributes.ts';
import { addSample, below, between, mix, type Random, type Texture } from './texture.ts';

/** A clip that can be drawn at any moment, 0 … 1, and size. */
export interface Scene {
  readonly truth: Truth;
  /** Moments at which another shot begins. */
  readonly cuts: readonly number[];
  /** Levels [side, side, 3]. */
  draw(moment: number, side: number): Uint8Array;
}

const colours: readonly (readonly [number, number, number])[] = [
  [220, 40, 40],
  [40, 175, 60],
  [45, 75, 220],
  [235, 215, 45],
  [150, 50, 190],
  [245, 140, 30],
  [245, 245, 245],
  [15, 15, 15],
];

const ways = [
  [-1, 0],
  [1, 0],
  [0, -1],
  [0, 1],
  [0, 0],
] as const;

/** Combinations of colour, shape and direction that are never learned from, to see whether the attributes come apart. */
export function isHeldOut({ colour, shape, direction }: Truth): boolean {
  return colour !== null && (colour * 3 + (shape ?? 0) + (direction ?? 0)) % 7 === 0;
}

/** How bright the picture is at a moment. */
function lightOf(random: Random): { readonly light: number; readonly gain: (moment: number) => number } {
  const light = random() < 0.5 ? 2 : below(random, 2);
  const change = between(random, 0.3, 0.65);
  switch (light) {
    case 0:
      return { light, gain: (moment) => 1.05 - change * (1 - moment) };
    case 1:
      return { light, gain: (moment) => 1.05 - change * moment };
    default:
      return { light, gain: () => between(random, 0.99, 1.01) };
  }
}

function finished(values: Float32Array, gain: number): Uint8Array {
  const levels = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) levels[i] = Math.min(255, Math.max(0, values[i]! * gain + 0.5));
  return levels;
}

/** One to three equal shapes that move over a calm background. */
export function shapesScene(random: Random, textures: readonly Texture[], heldOut: boolean | null): Scene {
  let truth = shapesTruth(random);
  while (heldOut !== null && isHeldOut(truth) !== heldOut) truth = shapesTruth(random);
  const colour = colours[truth.colour!]!.map((level) => level * between(random, 0.88, 1.04));
  const [wayX, wayY] = ways[truth.direction!]!;
  const far = between(random, 0.22, 0.5);
  const size = between(random, 0.085, truth.count === 0 ? 0.2 : 0.13);
  const starts = places(random, truth.count! + 1, size, [wayX * far, wayY * far]);
  const base = backgroundFor(random, colour);
  const [slopeX, slopeY] = [between(random, -70, 70), between(random, -70, 70)];
  const contrast = random() < 0.5 ? 0 : between(random, 0, 0.3);
  const texture = textures[below(random, textures.length)]!;
  const grain = between(random, 0, 8);
  const shift = random() * 256;
  const { light, gain } = lightOf(random);
  const scene: Scene = {
    truth: { ...truth, light },
    cuts: [],
    draw(moment, side) {
      const values = new Float32Array(side * side * 3);
      const step = 256 / side;
      for (let y = 0; y < side; y++) {
        for (let x = 0; x < side; x++) {
          const at = 3 * (y * side + x);
          if (contrast > 0) addSample(texture, x * step + shift, y * step, contrast, values, at);
          const lift = slopeX * (x / side - 0.5) + slopeY * (y / side - 0.5) + grain * (random() - 0.5);
          for (let c = 0; c < 3; c++) values[at + c] = values[at + c]! * 1 + base[c]! * (1 - contrast) + lift;
        }
      }
      for (const [startX, startY] of starts) {
        const centreX = (startX + wayX * far * moment) * side;
        const centreY = (startY + wayY * far * moment) * side;
        paint(values, side, { shape: truth.shape!, centreX, centreY, size: size * side, colour });
      }
      return finished(values, gain(moment));
    },
  };
  return { ...scene, truth: { ...scene.truth, mostly: mostly([scene.draw(0, 32), scene.draw(1, 32)]) } };
}

function shapesTruth(random: Random): Truth {
  return {
    scene: 0,
    colour: below(random, attributes.colour.length),
    shape: below(random, attributes.shape.length),
    direction: below(random, attributes.direction.length),
    count: below(random, attributes.count.length),
    light: null,
    camera: null,
    shots: 0,
    mostly: null,
  };
}

/** Centres at the beginning; those at the end lie in the picture too, and no two touch. */
function places(
  random: Random,
  count: number,
  size: number,
  [moveX, moveY]: readonly [number, number],
): readonly (readonly [number, number])[] {
  const edge = size * 0.9;
  const room = (move: number) => [edge + Math.max(0, -move), 1 - edge - Math.max(0, move)] as const;
  for (;;) {
    const found: [number, number][] = [];
    for (let i = 0; i < 60 && found.length < count; i++) {
      const place: [number, number] = [between(random, ...room(moveX)), between(random, ...room(moveY))];
      const apart = found.every(
        ([x, y]) => Math.max(Math.abs(x - place[0]), Math.abs(y - place[1])) > 2.3 * size,
      );
      if (apart) found.push(place);
    }
    if (found.length === count) return found;
  }
}

function backgroundFor(random: Random, colour: readonly number[]): readonly number[] {
  for (;;) {
    const grey = between(random, 15, 230);
    const tint = between(random, 0, 60);
    const base = [0, 1, 2].map(() => grey + between(random, -tint, tint));
    if (base.reduce((sum, level, i) => sum + Math.abs(level - colour[i]!), 0) > 170) return base;
  }
}

interface Shape {
  readonly shape: number;
  readonly centreX: number;
  readonly centreY: number;
  /** Half the width, in pixels. */
  readonly size: number;
  readonly colour: readonly number[];
}

/** With soft edges. */
function paint(values: Float32Array, side: number, { shape, centreX, centreY, size, colour }: Shape): void {
  const from = (centre: number) => Math.max(0, Math.floor(centre - size - 2));
  const to = (centre: number) => Math.min(side - 1, Math.ceil(centre + size + 2));
  for (let y = from(centreY); y <= to(centreY); y++) {
    for (let x = from(centreX); x <= to(centreX); x++) {
      const dx = x - centreX;
      const dy = y - centreY;
      const cover = Math.min(1, Math.max(0, 0.5 - outside(shape, dx, dy, size)));
      if (cover > 0) mix(values, 3 * (y * side + x), colour, cover);
    }
  }
}

/** Distance from the edge in pixels, negative inside; near enough beside corners. */
function outside(shape: number, dx: number, dy: number, size: number): number {
  switch (shape) {
    case 0:
      return Math.hypot(dx, dy) - size;
    case 1:
      return Math.max(Math.abs(dx), Math.abs(dy)) - 0.88 * size;
    default:
      // Apex up, twice as wide as half its height.
      return Math.max(dy - 0.8 * size, (Math.abs(dx) - 0.55 * (dy + size)) / 1.14);
  }
}

interface Shot {
  readonly texture: Texture;
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

/**
 * One to three pictures without drawn shapes, under a camera that is still, pans or comes closer or goes away. They show leaves, or one in
 * three of `things` where there are such.
 */
export function naturalScene(
  random: Random,
  textures: readonly Texture[],
  things: readonly Texture[] = [],
): Scene {
  const camera = below(random, attributes.camera.length);
  const shots = random() < 0.5 ? 0 : 1 + below(random, 2);
  const cuts = cutsOf(random, shots + 1);
  const speed = between(random, 0.15, 0.9) / (random() < 0.3 ? 1 : shots + 1);
  const zooming = between(random, 0.25, 1.2);
  const fade = random() < 0.4 ? between(random, 0.02, 0.1) : 0;
  const taken = Array.from({ length: shots + 1 }, () => shotOf(random, textures, things));
  const shake = random() < 0.3 ? between(random, 0, 1.5) : 0;
  const { light, gain } = lightOf(random);
  const weightOf = (i: number, moment: number): number => {
    const rise = (at: number) =>
      fade === 0 ? Number(moment >= at) : Math.min(1, Math.max(0, (moment - at) / fade + 0.5));
    const begun = i === 0 ? 1 : rise(cuts[i - 1]!);
    const ended = i === shots ? 0 : rise(cuts[i]!);
    return begun * (1 - ended);
  };
  const draw = (moment: number, side: number): Uint8Array => {
    const values = new Float32Array(side * side * 3);
    const [jitterX, jitterY] = [shake * (random() - 0.5), shake * (random() - 0.5)];
    for (const [i, { texture, x: left, y: top, zoom: begin }] of taken.entries()) {
      const weight = weightOf(i, moment);
      if (weight === 0) continue;
      // What the camera does to the left shows as the picture moving to the right.
      const pan = camera === 1 ? -speed * moment : camera === 2 ? speed * moment : 0;
      const zoom =
        begin * (camera === 3 ? 1 + zooming * moment : camera === 4 ? 1 + zooming * (1 - moment) : 1);
      const step = 256 / side / zoom / 1.6;
      for (let y = 0; y < side; y++) {
        for (let x = 0; x < side; x++) {
          const u = left + pan * 160 + (x - side / 2) * step + jitterX;
          const v = top + (y - side / 2) * step + jitterY;
          addSample(texture, u, v, weight, values, 3 * (y * side + x));
        }
      }
    }
    return finished(values, gain(moment));
  };
  const truth: Truth = {
    scene: 1,
    colour: null,
    shape: null,
    direction: null,
    count: null,
    light,
    camera,
    shots,
    mostly: mostly([draw(0, 32), draw(0.5, 32), draw(1, 32)]),
  };
  return { truth, cuts, draw };
}

function shotOf(random: Random, leaves: readonly Texture[], things: readonly Texture[]): Shot {
  const single = things.length > 0 && random() < 0.35;
  const shown = single ? things : leaves;
  const place = () => (single ? 128 + between(random, -35, 35) : random() * 256);
  return {
    texture: shown[below(random, shown.length)]!,
    x: place(),
    y: place(),
    zoom: single ? between(random, 0.6, 1.4) : between(random, 0.5, 1.6),
  };
}

function cutsOf(random: Random, parts: number): readonly number[] {
  for (;;) {
    const cuts = Array.from({ length: parts - 1 }, () => between(random, 0.15, 0.85)).sort((a, b) => a - b);
    if (cuts.every((cut, i) => i === 0 || cut - cuts[i - 1]! > 0.2)) return cuts;
  }
}

/** The colour that most of the pictures has; null where none has nearly half. */
function mostly(pictures: readonly Uint8Array[]): number | null {
  const counts = new Array<number>(attributes.mostly.length).fill(0);
  let all = 0;
  for (const levels of pictures) {
    for (let at = 0; at < levels.length; at += 3, all++) {
      const name = colourName(levels[at]!, levels[at + 1]!, levels[at + 2]!);
      counts[name] = counts[name]! + 1;
    }
  }
  const best = counts.indexOf(Math.max(...counts));
  return counts[best]! > 0.45 * all ? best : null;
}

/** By hue, saturation and value, as people roughly name them. */
function colourName(red: number, green: number, blue: number): number {
  const most = Math.max(red, green, blue);
  const range = most - Math.min(red, green, blue);
  if (most < 45) return 0;
  if (range < 0.15 * most || range < 14) return most > 200 ? 1 : 2;
  const sixth =
    most === red
      ? (green - blue) / range
      : most === green
        ? 2 + (blue - red) / range
        : 4 + (red - green) / range;
  const hue = (sixth * 60 + 360) % 360;
  if (hue < 15 || hue >= 340) return 3;
  if (hue < 42) return 4;
  if (hue < 70) return 5;
  if (hue < 165) return 6;
  if (hue < 255) return 7;
  return 8;
}
