import type { Ops } from '../nn/ops.ts';
import { unsupported } from './checkpoint.ts';

export type GeluKind = Parameters<Ops<unknown>['gelu']>[1];

/** Hugging Face's names (transformers/activations.py); `gelu_fast` is the same approximation with its root rounded. */
const kinds: Readonly<Record<string, GeluKind>> = {
  gelu: 'erf',
  gelu_new: 'tanh',
  gelu_fast: 'tanh',
  gelu_pytorch_tanh: 'tanh',
  quick_gelu: 'quick',
};

/** Throws ExpectedError 'model_unsupported' for another activation. */
export function geluKind(family: string, name: string): GeluKind {
  const kind = kinds[name];
  if (kind === undefined) throw unsupported(family, `its activation is ${name}`);
  return kind;
}
