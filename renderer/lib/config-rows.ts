import { adaptersOf, type TrainConfig, trainsLanguageModel } from '../../engine/contract/training.ts';
import { formatCount, plural } from './numbers.ts';
import { formatSmall, recipeTitles } from './run-words.ts';

export interface ConfigRow {
  readonly label: string;
  readonly value: string;
}

/** Every parameter of a run in words, in the order in which the wizard asks for them. */
export function configRows(config: TrainConfig): readonly ConfigRow[] {
  const { evaluation, checkpoints } = config;
  const adapters = adaptersOf(config);
  return [
    { label: 'Data set', value: config.data.file },
    { label: 'Videos and images in', value: config.data.media },
    { label: 'Recipe', value: recipeTitles[config.recipe] },
    {
      label: 'Language model',
      value:
        adapters !== null
          ? 'LoRA adapters'
          : trainsLanguageModel(config.recipe)
            ? 'All weights'
            : 'Stays as it is',
    },
    ...(adapters === null
      ? []
      : [
          { label: 'Rank', value: formatCount(adapters.rank) },
          { label: 'Alpha', value: formatSmall(adapters.alpha) },
          { label: 'Layers with adapters', value: adapters.targets.join(', ') },
        ]),
    { label: 'Epochs', value: formatSmall(config.epochs) },
    { label: 'Ends after', value: config.maxSteps === null ? 'all epochs' : plural(config.maxSteps, 'step') },
    { label: 'Examples a step', value: formatCount(config.batch) },
    { label: 'Computed at once', value: formatCount(config.microBatch) },
    { label: 'Learning rate', value: formatSmall(config.learningRate) },
    { label: 'Warm-up', value: `${formatSmall(config.warmupRatio * 100)} % of the steps` },
    { label: 'Weight decay', value: formatSmall(config.weightDecay) },
    { label: 'Gradients clipped at', value: formatSmall(config.maxGradNorm) },
    { label: 'Longest example', value: plural(config.maxLength, 'token') },
    { label: 'Packing', value: yes(config.packing) },
    { label: 'Checkpointing of blocks', value: yes(config.checkpointing) },
    { label: 'Precision', value: config.precision === 'bf16' ? 'bfloat16' : 'float32' },
    { label: 'Computed on', value: deviceWords[config.device] },
    { label: 'Seed', value: String(config.seed) },
    { label: 'Kept out of training', value: `${formatSmall(evaluation.fraction * 100)} % of the examples` },
    { label: 'Answered at each checkpoint', value: plural(evaluation.probes, 'example') },
    { label: 'Checkpoint every', value: plural(checkpoints.everySteps, 'step') },
    {
      label: 'Checkpoints kept',
      value: `the last ${formatCount(checkpoints.keepLast)}${checkpoints.keepBest ? ' and the best' : ''}`,
    },
    {
      label: 'Ends early',
      value:
        config.patience === null
          ? 'never'
          : `after ${plural(config.patience, 'checkpoint')} without a better one`,
    },
  ];
}

/** Those of which the values are not the same in all. `values`: one a configuration, null where it has no such row. */
export function differingRows(
  configs: readonly TrainConfig[],
): readonly { readonly label: string; readonly values: readonly (string | null)[] }[] {
  const tables = configs.map(configRows);
  const labels = [...new Set(tables.flatMap((rows) => rows.map(({ label }) => label)))];
  return labels
    .map((label) => ({
      label,
      values: tables.map((rows) => rows.find((row) => row.label === label)?.value ?? null),
    }))
    .filter(({ values }) => new Set(values).size > 1);
}

export const deviceWords: Readonly<Record<TrainConfig['device'], string>> = {
  cpu: 'Processor',
  cuda: 'Graphics card (CUDA)',
};

function yes(on: boolean): string {
  return on ? 'on' : 'off';
}
