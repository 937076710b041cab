import { Tape } from '../nn/torch/tape.ts';
import type { AdamW } from './adam-w.ts';
import { chunkedLoss } from './chunked-loss.ts';
import { type Example, predicted } from './example.ts';
import { type BatchOptions, fuseBatch } from './fused-batch.ts';
import type { TrainingModel } from './training-model.ts';

export interface StepOptions extends BatchOptions {
  /** Longest gradient; 0 leaves it as it is. */
  readonly clip: number;
  /**
   * How several micro batches count: `tokens` as if they were one batch; `batches` all the same whatever they hold, as the
   * reference does (and calls incorrect).
   */
  readonly accumulate: 'tokens' | 'batches';
  /** Activations are computed again in the backward pass instead of being kept. */
  readonly checkpointing: boolean;
}

export interface StepResult {
  /** Mean over the predicted tokens of each micro batch (0 where it has none), and over the step as it was learned from. */
  readonly microLosses: readonly number[];
  readonly loss: number;
  /** Before it was shortened. */
  readonly gradientNorm: number;
  /** Tokens that carry loss, and all: padding not counted, visual tokens counted. */
  readonly lossTokens: number;
  readonly tokens: number;
  /** Share of each encoder, mean over the examples with video; null without such a fusion. */
  readonly mixing: readonly number[] | null;
}

/**
 * One update from one or several micro batches. Where loss or gradient are not finite the parameters stay as they were;
 * the caller sees it in the result. Throws TensorError 'memory'.
 */
export function trainStep(
  model: TrainingModel,
  optimiser: AdamW,
  batches: readonly (readonly Example[])[],
  rate: number,
  options: StepOptions,
): StepResult {
  const counts = batches.map((examples) => examples.reduce((sum, example) => sum + predicted(example), 0));
  const total = counts.reduce((a, b) => a + b, 0);
  const shares = counts.map((count) =>
    options.accumulate === 'tokens' ? count / Math.max(1, total) : 1 / counts.length,
  );
  const parts = batches.map((examples, i) =>
    learn(model, examples, (shares[i] ?? 0) / Math.max(1, counts[i] ?? 0), options),
  );
  const microLosses = parts.map(({ sum }, i) => sum / Math.max(1, counts[i] ?? 0));
  const loss = microLosses.reduce((sum, micro, i) => sum + micro * (shares[i] ?? 0), 0);
  const gradientNorm = optimiser.clip(options.clip);
  if (Number.isFinite(loss) && Number.isFinite(gradientNorm)) optimiser.step(rate);
  else optimiser.clearGradients();
  return {
    microLosses,
    loss,
    gradientNorm,
    lossTokens: total,
    tokens: parts.reduce((sum, part) => sum + part.tokens, 0),
    mixing: meanRows(parts.flatMap(({ mixing }) => mixing)),
  };
}

/** Sum of the losses of the predicted tokens and their number; nothing is learned. */
export function evaluate(
  model: TrainingModel,
  examples: readonly Example[],
  options: BatchOptions,
): { readonly sum: number; readonly count: number } {
  const { torch } = model.parameters;
  return torch.scope(() =>
    torch.noGrad(() => {
      const { sum, count } = forward(model, examples, options, null, null);
      return { sum, count };
    }),
  );
}

/** Adds the gradients of `weight` · (sum of the examples' losses). */
function learn(model: TrainingModel, examples: readonly Example[], weight: number, options: StepOptions) {
  const { torch } = model.parameters;
  return torch.scope(() => {
    const tape = options.checkpointing ? new Tape(torch) : null;
    const { rows, gradient, ...result } = forward(model, examples, options, tape, weight);
    if (gradient !== null) torch.backward([rows], [gradient]);
    tape?.backward();
    return result;
  });
}

function forward(
  model: TrainingModel,
  examples: readonly Example[],
  options: BatchOptions,
  tape: Tape | null,
  weight: number | null,
) {
  const { torch } = model.parameters;
  const { embeddings, layout, places, targets, tokens, mixing } = fuseBatch(model, examples, options);
  const outputs = model.layers(embeddings, { tape, layout });
  const index = torch.from(BigInt64Array.from(places.map(BigInt)), [places.length]);
  const flat = torch.reshape(outputs, [-1, outputs.shape[2]!]);
  const rows = torch.indexSelect(flat, 0, torch.toDevice(index, model.parameters.options.device, 'int64'));
  const { sum, gradient } = chunkedLoss(model, rows, targets, weight);
  const shares = mixing === null ? [] : rowsOf(torch.read(mixing), mixing.shape[1]!);
  return { rows, gradient, sum, count: targets.length, tokens, mixing: shares };
}

function rowsOf(values: Float32Array, width: number): number[][] {
  return Array.from({ length: values.length / width }, (_, i) => [
    ...values.subarray(i * width, (i + 1) * width),
  ]);
}

function meanRows(rows: readonly (readonly number[])[]): readonly number[] | null {
  const [first] = rows;
  if (first === undefined) return null;
  return first.map((_, column) => rows.reduce((sum, row) => sum + row[column]!, 0) / rows.length);
}
