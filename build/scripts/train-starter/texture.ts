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
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    const stretch = between(random, 0.3, 1);
    const round = random() < 0.6;
    const own = colour();
    const slope = between(random, -0.5, 0.5);
    const reach = Math.ceil(Math.min(size, side / 2 - 1));
    for (let dy = -reach; dy <= reach; dy++) {
      for (let dx = -reach; dx <= reach; dx++) {
        const u = (dx * cos + dy * sin) / size;
        const v = (dy * cos - dx * sin) / (size * stretch);
        if (round ? u * u + v * v > 1 : Math.abs(u) > 0.8 || Math.abs(v) > 0.8) continue;
        const at = 3 * (wrap(Math.round(y + dy), side) * side + wrap(Math.round(x + dx), side));
        for (let c = 0; c < 3; c++) levels[at + c] = own[c]! + slope * u * 60;
      }
    }
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
