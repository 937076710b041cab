import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import * as z from 'zod';
import { ExpectedError, errorFrom } from '../../../contract/errors.ts';
import {
  type Preflight,
  type Saving,
  sampleParameters,
  type TrainConfig,
  trainConfigSchema,
} from '../../../contract/training.ts';
import { type CommandContext, type Family, show } from '../command.ts';
import { bytesText, secondsText } from '../figures.ts';
import { UsageError } from '../flags.ts';
import { createProgress } from '../terminal.ts';
import { followRun } from './follow-run.ts';

const flagsSchema = z.object({
  sample: z.boolean().default(false),
  preflight: z.boolean().default(false),
  maxSteps: z.string().optional(),
});

/** `merv train`: begins a run and shows it until it ends. */
export const train: Family = (cli, chosen) => {
  cli
    .command('train [config]', 'Train a model: config is a JSON file with the run’s parameters')
    .option('--sample', 'Train the starter model on the sample data instead')
    .option('--max-steps <n>', 'End after so many steps')
    .option('--preflight', 'Train nothing: run the largest batch once and say what the run would take')
    .option('--json', 'A line of JSON a step on stdout, then one with the run’s folder')
    .example('merv train --sample --max-steps 20')
    .example('merv train run.json')
    .action((path: unknown, options: unknown) => {
      const { sample, preflight, maxSteps } = flagsSchema.parse(options);
      if (sample === (path !== undefined))
        throw new UsageError('`train <config.json>` or `train --sample` is expected');
      const limit = limitOf(maxSteps);
      return chosen(async (context) => {
        const config = sample ? await sampleConfig(context) : readConfigFile(String(path));
        const limited = { ...config, ...(limit === null ? {} : { maxSteps: limit }) };
        await (preflight ? measure(context, limited) : begin(context, limited));
      }, options);
    });
};

async function begin(context: CommandContext, config: TrainConfig): Promise<void> {
  const { client } = context;
  const { id } = await client.training.start({ config });
  await followRun(context, id);
}

async function measure(context: CommandContext, config: TrainConfig): Promise<void> {
  const { client, terminal } = context;
  const progress = createProgress(terminal);
  for await (const event of await client.training.preflight({ config }, { signal: terminal.signal })) {
    if (event.kind === 'progress') progress.step(event.detail);
    else if (event.kind === 'too_large') {
      for (const saving of event.savings) progress.line(savingText(saving));
      throw errorFrom(event.error);
    } else {
      progress.clear();
      show(context, withoutPictures(event.preflight), preflightText);
    }
  }
}

/** Pictures are no reading for a terminal. */
function withoutPictures(preflight: Preflight): Preflight {
  return { ...preflight, firstBatch: preflight.firstBatch.map((each) => ({ ...each, pictures: [] })) };
}

function preflightText(preflight: Preflight): string {
  const { data, steps, memoryBytes, totalMemoryBytes, secondsPerStep, diskBytes } = preflight;
  const { secondsToEncode, secondsToTrain, trainableParameters, totalParameters, savings } = preflight;
  const lines = [
    `${data.examples} examples, ${data.problemCount} rows are left out`,
    ...data.problems.map(({ sentence }) => `  ${sentence}`),
    `${trainableParameters} of ${totalParameters} parameters are trained`,
    `${steps} steps of ${secondsText(secondsPerStep)}: ${secondsText(secondsToTrain)}, and ${secondsText(secondsToEncode)} for the clips`,
    `Memory ${bytesText(memoryBytes)} of ${bytesText(totalMemoryBytes)}, disk ${bytesText(diskBytes)}`,
    ...savings.map(savingText),
    ...preflight.problems.flatMap(({ sentence, remedy }) => [sentence, `→ ${remedy}`]),
    ...preflight.warnings.map((warning) => `Note: ${warning}`),
  ];
  return `${lines.join('\n')}\n`;
}

function savingText({ title, savesBytes }: Saving): string {
  return `  ${title}: saves about ${bytesText(savesBytes)}`;
}

function limitOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1)
    throw new UsageError('--max-steps: a whole number from 1 on is expected');
  return limit;
}

/** Paths in it start from its own folder. */
function readConfigFile(path: string): TrainConfig {
  const file = resolve(path);
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ExpectedError('file_unreadable', `${file} cannot be read: ${why}.`, 'Name a JSON file.', {
      cause,
    });
  }
  const parsed = trainConfigSchema.safeParse(json);
  if (!parsed.success) {
    throw new ExpectedError(
      'bad_request',
      `${file} is no configuration of a run: ${z.prettifyError(parsed.error).replace(/\s+/g, ' ')}.`,
      'See docs/training.md for its fields.',
    );
  }
  const { data, ...config } = parsed.data;
  const from = (name: string) => (isAbsolute(name) ? name : resolve(dirname(file), name));
  return { ...config, data: { file: from(data.file), media: from(data.media) } };
}

/** What a first run learns: small, and quick enough to watch. */
async function sampleConfig({ client }: CommandContext): Promise<TrainConfig> {
  const data = await client.training.sample();
  if (data === null) {
    throw new ExpectedError(
      'file_missing',
      'The sample data is not installed.',
      'Install MERV Studio again.',
    );
  }
  return trainConfigSchema.parse({
    name: 'Sample',
    modelId: 'starter',
    data,
    recipe: 'finetune',
    ...sampleParameters,
  });
}
