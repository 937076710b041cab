import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import * as z from 'zod';
import { ExpectedError } from '../../../contract/errors.ts';
import { type TrainConfig, trainConfigSchema } from '../../../contract/training.ts';
import type { CommandContext, Family } from '../command.ts';
import { UsageError } from '../flags.ts';
import { followRun } from './follow-run.ts';

const flagsSchema = z.object({ sample: z.boolean().default(false), maxSteps: z.string().optional() });

/** `merv train`: begins a run and shows it until it ends. */
export const train: Family = (cli, chosen) => {
  cli
    .command('train [config]', 'Train a model: config is a JSON file with the run’s parameters')
    .option('--sample', 'Train the starter model on the sample data instead')
    .option('--max-steps <n>', 'End after so many steps')
    .option('--json', 'A line of JSON a step on stdout, then one with the run’s folder')
    .example('merv train --sample --max-steps 20')
    .example('merv train run.json')
    .action((path: unknown, options: unknown) => {
      const { sample, maxSteps } = flagsSchema.parse(options);
      if (sample === (path !== undefined))
        throw new UsageError('`train <config.json>` or `train --sample` is expected');
      const limit = limitOf(maxSteps);
      return chosen(async (context) => {
        const config = sample ? await sampleConfig(context) : readConfigFile(String(path));
        await begin(context, { ...config, ...(limit === null ? {} : { maxSteps: limit }) });
      }, options);
    });
};

async function begin(context: CommandContext, config: TrainConfig): Promise<void> {
  const { client } = context;
  const { id } = await client.training.start({ config });
  await followRun(context, id);
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
    epochs: 10,
    batch: 4,
    microBatch: 4,
    learningRate: 5e-4,
    checkpoints: { everySteps: 20, keepLast: 2, keepBest: true },
  });
}
