/** Numbers 0 … 1. */
export type Random = () => number;

/** A square picture that continues over its edges, levels 0 … 255, [side, side, 3]. */
export interface Texture {
  readonly side: number;
  readonly levels: Float32Array;
}

export const between = (random: Random, from: number, to: number): number => from + (to - from) * random();
export const below = (random: Random, count: number): number => Math.floor(random() * count);

/**
 * Overlapping leaves of random size, form and colour ("dead leaves", whose statistics are those of natural pictures: Lee,
 * Mumford & Huang 2001) around a colour or two, with waves and grain over them.
 */
export function leaves(random: Random, side = 256): Texture {
  const levels = new Float32Array(side * side * 3);
  const tint = between(random, 0, 110) * random();
  const palette = Array.from({ length: 1 + below(random, 4) }, () => {
    const grey = between(random, 10, 245);
    return [0, 1, 2].map(() => grey + between(random, -tint, tint) * 1.2);
  });
  const spread = between(random, 5, 60);
  const colour = () => {
    const base = palette[below(random, palette.length)]!;
    const lift = between(random, -spread, spread);
    return base.map((level) => level + lift + between(random, -spread, spread) / 3);
  };
  const fill = colour();
  for (let i = 0; i < levels.length; i++) levels[i] = fill[i % 3]!;
  const count = 30 + below(random, 200);
  for (let leaf = 0; leaf < count; leaf++) {
    const size = side * 0.02 * between(random, 0.04, 1) ** -0.7 * between(random, 0.5, 2);
    const [x, y] = [random() * side, random() * side];
    const angle = random() * Math.PI;
    const stretch = between(random, 0.3, 1);
    const round = random() < 0.6;
    const own = colour();
    const slope = between(random, -0.5, 0.5);
    const reach = Math.ceil(Math.min(size, side / 2 - 1));
    visitAround(side, { x, y, size, stretch, angle }, reach, (at, u, v) => {
      if (round ? u * u + v * v > 1 : Math.abs(u) > 0.8 || Math.abs(v) > 0.8) return;
      for (let c = 0; c < 3; c++) levels[at + c] = own[c]! + slope * u * 60;
    });
  }
  const waves = Array.from({ length: 3 }, () => ({
    x: (2 * Math.PI * (below(random, 13) - 6)) / side,
    y: (2 * Math.PI * (below(random, 13) - 6)) / side,
    phase: random() * 6.3,
    height: between(random, 0, 18),
  }));
  const grain = between(random, 0, 14);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      let lift = grain * (random() + random() - 1);
      for (const wave of waves) lift += wave.height * Math.sin(wave.x * x + wave.y * y + wave.phase);
      const at = 3 * (y * side + x);
      for (let c = 0; c < 3; c++) levels[at + c] = levels[at + c]! + lift;
    }
  }
  return { side, levels };
}

/**
 * One to three things on a plain ground or on one of leaves, as products are photographed: bodies of a few rounded layers (a cup is two
 * rings and what is in it), shaded from one side, with a soft shadow. Unlike drawn shapes they are nowhere of one level.
 */
export function things(random: Random, ground: Texture): Texture {
  const { side } = ground;
  const levels = new Float32Array(side * side * 3);
  const plain = anyColour(random, 40);
  const contrast = random() < 0.5 ? between(random, 0, 0.15) : between(random, 0.2, 1);
  const [slopeX, slopeY] = [between(random, -60, 60), between(random, -60, 60)];
  const [lightX, lightY] = [between(random, -1, 1), between(random, -1, 1)];
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const lift = slopeX * Math.cos((2 * Math.PI * x) / side) + slopeY * Math.sin((2 * Math.PI * y) / side);
      const at = 3 * (y * side + x);
      for (let c = 0; c < 3; c++)
        levels[at + c] = plain[c]! * (1 - contrast) + ground.levels[at + c]! * contrast + lift / 2;
    }
  }
  const count = random() < 0.6 ? 1 : 2 + below(random, 2);
  for (let i = 0; i < count; i++) {
    const size = side * (count === 1 ? between(random, 0.1, 0.38) : between(random, 0.07, 0.14));
    const apart = count === 1 ? 0.08 : 0.3;
    const place = () => (0.5 + between(random, -apart, apart)) * side;
    paintThing(random, levels, side, { x: place(), y: place(), size, lightX, lightY });
  }
  const grain = between(random, 0, 12);
  for (let i = 0; i < levels.length; i += 3) {
    const lift = grain * (random() + random() - 1);
    for (let c = 0; c < 3; c++) levels[i + c] = levels[i + c]! + lift;
  }
  return { side, levels };
}

interface Thing {
  readonly x: number;
  readonly y: number;
  readonly size: number;
  /** Where the light comes from, −1 … 1 in both directions. */
  readonly lightX: number;
  readonly lightY: number;
}

/** A shadow, and on it the body's layers, each within the one before. */
function paintThing(
  random: Random,
  levels: Float32Array,
  side: number,
  { x, y, size, lightX, lightY }: Thing,
): void {
  const [stretch, corners] = [between(random, 0.45, 1), random() < 0.7 ? 2 : between(random, 2.5, 8)];
  const angle = random() * Math.PI;
  const blob = { x, y, size, stretch, corners, angle, soft: between(random, 0.5, 3) };
  const shadow = {
    ...blob,
    x: x - lightX * size * 0.3,
    y: y - lightY * size * 0.3,
    size: size * 1.1,
    soft: size * 0.5,
  };
  paintBlob(levels, side, shadow, () => [0, 0, 0], between(random, 0.1, 0.5));
  let body = anyColour(random, 90);
  const layers = 1 + below(random, 4);
  for (let layer = 0, own = size; layer < layers; layer++, own *= between(random, 0.5, 0.9)) {
    const [shade, gloss, darker] = [between(random, 20, 70), between(random, 0, 60), random() < 0.3];
    const colour = body;
    paintBlob(levels, side, { ...blob, size: own }, (u, v) => {
      const lit = u * lightX + v * lightY;
      const spot = gloss * Math.exp(-8 * ((u - lightX / 2) ** 2 + (v - lightY / 2) ** 2));
      return colour.map((level) => level + shade * lit + spot - (darker ? 40 * (u * u + v * v) : 0));
    });
    body = random() < 0.5 ? body.map((level) => level * between(random, 0.5, 1.5)) : anyColour(random, 90);
  }
}

function anyColour(random: Random, tint: number): readonly number[] {
  const grey = between(random, 15, 240);
  return [0, 1, 2].map(() => grey + between(random, -tint, tint));
}

interface Spot {
  readonly x: number;
  readonly y: number;
  /** Half the length; the width is `stretch` of it. */
  readonly size: number;
  readonly stretch: number;
  readonly angle: number;
}

/**
 * Every place not farther from a spot in x and y than `reach`, over the edges: where it is in `levels`, its place along and across the
 * spot (1 at its ends), and its distance in pixels.
 */
function visitAround(
  side: number,
  { x, y, size, stretch, angle }: Spot,
  reach: number,
  visit: (at: number, u: number, v: number, dx: number, dy: number) => void,
): void {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  for (let dy = -reach; dy <= reach; dy++) {
    for (let dx = -reach; dx <= reach; dx++) {
      const u = (dx * cos + dy * sin) / size;
      const v = (dy * cos - dx * sin) / (size * stretch);
      const at = 3 * (wrap(Math.round(y + dy), side) * side + wrap(Math.round(x + dx), side));
      visit(at, u, v, dx, dy);
    }
  }
}

interface Blob extends Spot {
  /** The exponent of a superellipse: 2 is an ellipse, 8 nearly a rectangle. */
  readonly corners: number;
  /** How wide the edge is, in pixels. */
  readonly soft: number;
}

/** Paints a blob with the colours of its places, −1 … 1 in both directions. */
function paintBlob(
  levels: Float32Array,
  side: number,
  blob: Blob,
  colour: (u: number, v: number) => readonly number[],
  strength = 1,
): void {
  const { size, corners, soft } = blob;
  visitAround(side, blob, Math.ceil(size * 1.2 + soft), (at, u, v, dx, dy) => {
    const radius = (Math.abs(u) ** corners + Math.abs(v) ** corners) ** (1 / corners);
    const cover = strength * Math.min(1, Math.max(0, 0.5 + ((1 - radius) * size) / soft));
    if (cover > 0) mix(levels, at, colour(dx / size, dy / size), cover);
  });
}

/** Covers the pixel at `at` with a colour; `cover` is 1 where nothing shines through. */
export function mix(levels: Float32Array, at: number, colour: readonly number[], cover: number): void {
  for (let c = 0; c < 3; c++) levels[at + c] = levels[at + c]! * (1 - cover) + colour[c]! * cover;
}

function wrap(value: number, side: number): number {
  return ((value % side) + side) % side;
}

/** Bilinear, places in pixels, continued over the edges; adds weight · levels to `into` at `at`. */
export function addSample(
  { side, levels }: Texture,
  x: number,
  y: number,
  weight: number,
  into: Float32Array,
  at: number,
): void {
  const x0 = Math.floor(x);
  const y0 = Math.floor(y);
  const fx = x - x0;
  const fy = y - y0;
  const left = wrap(x0, side);
  const right = left + 1 === side ? 0 : left + 1;
  const top = wrap(y0, side) * side;
  const bottom = wrap(y0 + 1, side) * side;
  const a = 3 * (top + left);
  const b = 3 * (top + right);
  const c = 3 * (bottom + left);
  const d = 3 * (bottom + right);
  for (let i = 0; i < 3; i++) {
    const upper = levels[a + i]! * (1 - fx) + levels[b + i]! * fx;
    const lower = levels[c + i]! * (1 - fx) + levels[d + i]! * fx;
    into[at + i] = into[at + i]! + weight * (upper * (1 - fy) + lower * fy);
  }
}
