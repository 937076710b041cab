import type { Ops } from '../../nn/ops.ts';
import { requireTensor } from './require-tensor.ts';

/** The reference's names (merv/util/nn_utils.py); `mlp-deep` is its MLPDeepProjector. */
export const mlpKinds = ['linear', 'gelu-mlp', 'fused-gelu-mlp', 'mlp-deep', 'none'] as const;
export type MlpKind = (typeof mlpKinds)[number];

/** Suffixes of the linear layers' names; a GELU stands between two. */
const layersOf: Readonly<Record<MlpKind, readonly string[]>> = {
  linear: [''],
  'gelu-mlp': ['.0', '.2'],
  'fused-gelu-mlp': ['.0', '.2', '.4'],
  'mlp-deep': ['.0', '.2', '.4'],
  none: [],
};

/**
 * A vision width to the language model's: [..., in] -> [..., hidden]. `module` is the name that its weights begin with,
 * with the dot: `''` or `'projector.'`. Where the checkpoint has `layernorm` (pre_proj_layernorm), that comes first.
 * Throws ExpectedError 'model_unsupported' where a layer is not in the checkpoint.
 */
export function mlp<V>(nn: Ops<V>, x: V, kind: MlpKind, module: string): V {
  if (kind === 'none') return x;
  const norm = `${module}layernorm`;
  let y = nn.has(`${norm}.weight`) ? nn.layerNorm(x, norm, 1e-5) : x;
  for (const [i, suffix] of layersOf[kind].entries()) {
    const layer = `${module}projector${suffix}`;
    requireTensor(nn, `${kind} projector`, `${layer}.weight`);
    y = nn.linear(i === 0 ? y : nn.gelu(y, 'erf'), layer);
  }
  return y;
}
