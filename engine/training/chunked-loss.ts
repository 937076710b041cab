import type { Tensor } from '../native/tensor.ts';
import type { TrainingModel } from './training-model.ts';

/** Logits of so many bytes exist at a time, in float32; their gradient as many again. */
const chunkBytes = 64 * 2 ** 20;

export interface LossResult {
  /** Sum over the targets of −log p. */
  readonly sum: number;
  /** Of `weight` · sum, by the rows; null where they need none. */
  readonly gradient: Tensor | null;
}

/**
 * Cross-entropy of rows [N, hidden] against N targets, a chunk of rows at a time: head, loss and their gradients, so that
 * the logits of a long batch never exist whole. With a `weight` the gradients of the head are added where it learns.
 */
export function chunkedLoss(
  model: TrainingModel,
  rows: Tensor,
  targets: readonly number[],
  weight: number | null,
  chunk: number = Math.max(1, Math.floor(chunkBytes / (4 * model.spec.languageModel.vocab))),
): LossResult {
  const { torch, options } = model.parameters;
  const learns = weight !== null;
  const needsGradient = learns && torch.requiresGrad(rows);
  let sum = 0;
  const gradients: Tensor[] = [];
  for (let from = 0; from < targets.length; from += chunk) {
    const part = targets.slice(from, from + chunk);
    const gradient = torch.scope(() => {
      const hidden = torch.detach(torch.slice(rows, 0, from, from + part.length));
      torch.requireGrad(hidden, needsGradient);
      const compute = () => {
        const logits = torch.cast(model.head(hidden), 'float32');
        const ids = torch.from(BigInt64Array.from(part.map(BigInt)), [part.length]);
        return torch.crossEntropy(logits, torch.toDevice(ids, options.device, 'int64'), null, 2, -100);
      };
      const loss = learns ? compute() : torch.noGrad(compute);
      sum += torch.item(loss);
      if (!learns || !torch.requiresGrad(loss)) return null;
      const seed = torch.toDevice(torch.from(Float32Array.of(weight), []), options.device, 'float32');
      torch.backward([loss], [seed]);
      return torch.grad(hidden);
    });
    if (gradient !== null) gradients.push(gradient);
  }
  return { sum, gradient: gradients.length === 0 ? null : torch.cat(gradients, 0) };
}
