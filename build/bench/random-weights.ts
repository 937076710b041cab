import type { Weights } from '../../engine/nn/weights.ts';

/** SigLIP ViT-B/16 at 224, with timm's names and sizes and values that mean nothing: times do not depend on them. */
export function randomSiglip(): Weights {
  const [width, hidden, tokens, patch, depth] = [768, 3072, 196, 16, 12];
  const shapes = new Map<string, readonly number[]>([
    ['pos_embed', [1, tokens, width]],
    ['patch_embed.proj.weight', [width, 3, patch, patch]],
    ['patch_embed.proj.bias', [width]],
  ]);
  const layer = (name: string, shape: readonly number[]): void => {
    shapes.set(`${name}.weight`, shape).set(`${name}.bias`, [shape[0]!]);
  };
  for (let block = 0; block < depth; block++) {
    layer(`blocks.${block}.norm1`, [width]);
    layer(`blocks.${block}.attn.qkv`, [3 * width, width]);
    layer(`blocks.${block}.attn.proj`, [width, width]);
    layer(`blocks.${block}.norm2`, [width]);
    layer(`blocks.${block}.mlp.fc1`, [hidden, width]);
    layer(`blocks.${block}.mlp.fc2`, [width, hidden]);
  }
  return {
    tensors: new Map([...shapes].map(([name, shape]) => [name, { shape }])),
    read: async (name) => {
      const length = shapes.get(name)!.reduce((a, b) => a * b, 1);
      const isNorm = /norm\d\.weight$/.test(name);
      return new Float32Array(length).map((_, i) =>
        isNorm ? 1 : 0.05 * Math.sin(i * 12.9898 + name.length),
      );
    },
  };
}
