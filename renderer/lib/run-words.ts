import {
  adaptersOf,
  type BatchExample,
  type ExportFormat,
  exportFormats,
  isWorking,
  type RecipeName,
  type Run,
  type TrainConfig,
  trainsLanguageModel,
} from '../../engine/contract/training.ts';
import { timeLeft } from './job-words.ts';
import { formatCount } from './numbers.ts';
import { formatSeconds } from './time.ts';

export const recipeTitles: Readonly<Record<RecipeName, string>> = {
  align: 'Align',
  'full-align': 'Full align',
  finetune: 'Finetune',
  'second-finetune': 'Second finetune',
};

export const recipeHelp: Readonly<Record<RecipeName, string>> = {
  align:
    'Projectors and fusion learn to speak the language model’s language; the language model stays as it is.',
  'full-align': 'As Align, and the language model learns too. Made for captions.',
  finetune: 'Projectors, fusion and language model learn from conversations. The usual choice.',
  'second-finetune': 'As Finetune, on from a model that was finetuned already.',
};

export const exportTitles: Readonly<Record<ExportFormat, string>> = {
  peft: 'Adapter, as PEFT reads it',
  merv: 'Checkpoint of the reference (.pt)',
  hf: 'Hugging Face folder of the language model',
};

/** The forms that a run's checkpoints may be written in; the engine says of which models. */
export function exportFormatsOf(config: Pick<TrainConfig, 'recipe' | 'method'>): readonly ExportFormat[] {
  return exportFormats.filter((format) => format !== 'peft' || adaptersOf(config) !== null);
}

/** "Finetune, LoRA of rank 8". */
export function methodWords({ recipe, method }: Pick<TrainConfig, 'recipe' | 'method'>): string {
  const title = recipeTitles[recipe];
  if (!trainsLanguageModel(recipe)) return title;
  return method.kind === 'lora' ? `${title}, LoRA of rank ${method.rank}` : `${title}, all weights`;
}

/** Whether its memory may not have sufficed: it said so, or was ended from outside before it could say anything. */
export function mayLackMemory({ state, error }: Pick<Run, 'state' | 'error'>): boolean {
  return error !== null && (state === 'paused' || error.code === 'out_of_memory');
}

export const stateWords: Readonly<Record<Run['state'], string>> = {
  queued: 'Queued',
  preparing: 'Preparing',
  running: 'Running',
  paused: 'Paused',
  done: 'Done',
  failed: 'Failed',
};

export const stateTones = {
  queued: 'plain',
  preparing: 'accent',
  running: 'accent',
  paused: 'warn',
  done: 'good',
  failed: 'bad',
} as const satisfies Readonly<Record<Run['state'], string>>;

/** 0 to 1; 0 while it is not known how many steps there are. */
export function fractionOf({ step, steps }: Pick<Run, 'step' | 'steps'>): number {
  return steps === null || steps === 0 ? 0 : Math.min(1, step / steps);
}

/** The same; while it is prepared, of what is done then, and null where nobody knows. */
export function progressOf(run: Pick<Run, 'state' | 'prepared' | 'step' | 'steps'>): number | null {
  return run.state === 'preparing' ? run.prepared : fractionOf(run);
}

/** "12 of 40 steps" of a run; nothing while its detail says that, or nobody knows. */
export function stepWords({ state, step, steps }: Pick<Run, 'state' | 'step' | 'steps'>): readonly string[] {
  return steps === null || state === 'running' ? [] : [`${formatCount(step)} of ${formatCount(steps)} steps`];
}

/** "3 min left" of a run that works. */
export function leftWords(run: Pick<Run, 'state' | 'secondsLeft'>): readonly string[] {
  return isWorking(run) && run.secondsLeft !== null ? [timeLeft(run.secondsLeft)] : [];
}

/** 2.31456 -> "2.315". */
export function formatLoss(loss: number): string {
  return Number.isFinite(loss) ? loss.toFixed(loss < 0.0995 ? 4 : 3) : 'not a number';
}

/** 0.0001 -> "1e-4", 0.03 -> "0.03". */
export function formatSmall(value: number): string {
  if (value === 0 || Math.abs(value) >= 0.01) return String(Number(value.toPrecision(3)));
  return value.toExponential(2).replace(/\.?0+e/, 'e');
}

/** 5430 -> "1 h 31 min"; below an hour as {@link formatSeconds}. */
export function formatDuration(seconds: number): string {
  if (seconds < 3600) return formatSeconds(seconds);
  const minutes = Math.round(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return `${Math.floor(hours / 24)} days ${hours % 24} h`;
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
}

/** "Tiny" -> "Tiny (2)", "Tiny (2)" -> "Tiny (3)": the first that is not taken, at most a hundred characters. */
export function nextName(name: string, taken: ReadonlySet<string>): string {
  const stem = name.replace(/ \(\d+\)$/, '').slice(0, 92);
  if (!taken.has(name)) return name;
  let n = 2;
  while (taken.has(`${stem} (${n})`)) n++;
  return `${stem} (${n})`;
}

/** Of a first batch's example: "1,024 of 1,310 tokens are video". */
export function tokenWords({ visualTokens, tokens }: Pick<BatchExample, 'visualTokens' | 'tokens'>): string {
  return visualTokens === 0
    ? `${formatCount(tokens)} tokens`
    : `${formatCount(tokens)} tokens, ${formatCount(visualTokens)} of them video`;
}
