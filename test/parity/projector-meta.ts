import * as z from 'zod';
import { type MlpKind, mlpKinds } from '../../engine/models/projectors/mlp.ts';
import type { Projector } from '../../engine/models/projectors/projector.ts';

/** Of projectors/<name>/meta.json. */
export const projectorMetaSchema = z.object({
  kind: z.string(),
  input: z.string(),
  mlp_type: z.enum(mlpKinds).optional(),
  output_size: z.number().optional(),
  output_frames: z.number().optional(),
  num_heads: z.number().optional(),
  tolerance: z.object({ atol: z.number() }),
});
type Meta = z.infer<typeof projectorMetaSchema>;

export function projectorOf(meta: Meta): Projector {
  const mlp: MlpKind = meta.mlp_type ?? 'none';
  const frames = meta.output_frames ?? 0;
  const side = meta.output_size ?? 0;
  switch (meta.kind) {
    case 'avg':
    case '3davg':
      return { kind: 'average', frames, side, mlp };
    case 'attntv':
      return { kind: 'attentive', heads: meta.num_heads ?? 0, mlp };
    case 'conv':
      return { kind: 'convolution', side, mlp };
    case '3dconv':
      return { kind: 'convolution-3d', frames, side, mlp };
    default:
      if (meta.kind.startsWith('MLPDeepProjector')) return { kind: 'per-token', mlp: 'mlp-deep' };
      return { kind: 'per-token', mlp: z.enum(mlpKinds).parse(meta.kind) };
  }
}
