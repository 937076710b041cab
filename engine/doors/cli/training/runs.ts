import { resolve } from 'node:path';
import * as z from 'zod';
import { ExpectedError } from '../../../contract/errors.ts';
import { exportFormats, type InstallForm, type Run, usualCheckpoint } from '../../../contract/training.ts';
import { type CommandContext, type Family, show } from '../command.ts';
import { bytesText } from '../figures.ts';
import { UsageError } from '../flags.ts';
import { createProgress } from '../terminal.ts';
import { followRun } from './follow-run.ts';

const actions = ['show', 'log', 'pause', 'resume', 'stop', 'delete', 'install', 'export'] as const;
type Action = (typeof actions)[number];
const flagsSchema = z.object({
  name: z.string().optional(),
  step: z.string().optional(),
  to: z.string().optional(),
  adapter: z.boolean().default(false),
  merged: z.boolean().default(false),
  format: z.enum(exportFormats).default('peft'),
});
type Flags = z.infer<typeof flagsSchema>;

/** `merv runs`: training runs, also of windows that are open. */
export const runs: Family = (cli, chosen) => {
  cli
    .command('runs [action] [id]', `List training runs; \`runs ${actions.join('|')} <id>\``)
    .option('--name <text>', 'install: what the model is called')
    .option(
      '--adapter',
      'install: the adapter kept apart, beside the base’s weights (proposed where there is one)',
    )
    .option('--merged', 'install: what was trained worked into weights of its own')
    .option('--step <n>', 'install, export: of which checkpoint (the best, else the last)')
    .option('--to <folder>', 'export: a new folder')
    .option('--format <name>', 'export: peft (the adapter), merv (the reference’s checkpoint) or hf (peft)')
    .option('--json', 'As JSON')
    .example('merv runs install 20260101120000000-sample --name "My model"')
    .action((action: unknown, id: unknown, options: unknown) => {
      if (action === undefined || (action === 'list' && id === undefined)) {
        return chosen(async (context) => show(context, await listed(context), listText), options);
      }
      const known = actions.find((each) => each === action);
      if (!known || id === undefined) throw new UsageError(`\`runs ${actions.join('|')} <id>\` is expected`);
      const { data: flags, error } = flagsSchema.safeParse(options);
      if (!flags) throw new UsageError(`--${String(error.issues[0]?.path[0])}: ${error.issues[0]?.message}`);
      return chosen(async (context) => {
        const run = found(await listed(context), String(id));
        await carryOut(context, known, run, flags);
      }, options);
    });
};

async function carryOut(context: CommandContext, action: Action, run: Run, flags: Flags): Promise<void> {
  const { client } = context;
  const { id } = run;
  switch (action) {
    case 'show':
      return show(context, run, detailText);
    case 'log':
      return show(context, await client.training.log({ id }), ({ text }) => text);
    case 'resume':
      await client.training.resume({ id });
      return followRun(context, id);
    case 'install': {
      const name = flags.name ?? run.config.name;
      const step = stepOf(run, flags);
      const form = formOf(flags);
      const progress = createProgress(context.terminal);
      const request = { id, step, name, ...(form !== null && { form }) };
      for await (const event of await client.training.install(request)) {
        if (event.kind === 'progress') progress.step(`${event.detail}, ${Math.floor(100 * event.part)} %`);
        else {
          progress.clear();
          const { modelId } = event;
          show(context, { modelId }, () => `Installed as ${modelId}. Ask it: merv ask --model ${modelId}\n`);
        }
      }
      return;
    }
    case 'export': {
      if (flags.to === undefined) throw new UsageError('`runs export <id> --to <folder>` is expected');
      const path = resolve(flags.to);
      await client.training.export({ id, step: stepOf(run, flags), format: flags.format, path });
      return show(context, { path }, () => `Written to ${path}\n`);
    }
    case 'pause':
    case 'stop':
    case 'delete':
      await client.training[action]({ id });
      return show(context, { id }, () => `${action}: ${action === 'delete' ? 'done' : 'asked'}.\n`);
    default:
      return action satisfies never;
  }
}

function formOf({ adapter, merged }: Flags): InstallForm | null {
  if (adapter && merged) throw new UsageError('--adapter and --merged exclude each other');
  return adapter ? 'adapter' : merged ? 'merged' : null;
}

/** Throws ExpectedError 'not_found'. */
function stepOf(run: Run, { step }: Flags): number {
  const { id, checkpoints } = run;
  const wanted = step === undefined ? usualCheckpoint(run) : Number(step);
  if (wanted !== null && checkpoints.some((each) => each.step === wanted)) return wanted;
  throw new ExpectedError(
    'not_found',
    step === undefined
      ? `The run ${id} has no checkpoint yet.`
      : `The run ${id} keeps no checkpoint of step ${step}.`,
    `Kept are: ${checkpoints.map((each) => each.step).join(', ') || 'none'}.`,
  );
}

async function listed({ client }: CommandContext): Promise<readonly Run[]> {
  for await (const all of await client.training.watch()) return all;
  return [];
}

/** By its id, or the first characters of it. */
function found(all: readonly Run[], prefix: string): Run {
  const matches = all.filter(({ id }) => id === prefix || id.startsWith(prefix));
  if (matches.length === 1) return matches[0]!;
  throw new ExpectedError(
    'not_found',
    matches.length === 0 ? `There is no run ${prefix}.` : `${matches.length} runs begin with ${prefix}.`,
    'Look at `merv runs`.',
  );
}

function listText(all: readonly Run[]): string {
  if (all.length === 0) return 'There are no runs.\n';
  return all.map(({ id, config, state, detail }) => `${id}  ${config.name}: ${state}, ${detail}\n`).join('');
}

function detailText({
  id,
  folder,
  config,
  state,
  detail,
  loss,
  best,
  checkpoints,
  notes,
  error,
}: Run): string {
  const lines = [
    `${config.name} (${id}): ${state}, ${detail}`,
    `  folder ${folder}`,
    `  ${config.recipe} of ${config.modelId} on ${config.data.file}`,
    ...(loss === null ? [] : [`  loss ${loss.toFixed(4)}`]),
    ...(best === null ? [] : [`  best on what was kept out ${best.loss.toFixed(4)} at step ${best.step}`]),
    ...checkpoints.map(({ step, evalLoss, bytes }) => {
      const kept = evalLoss === null ? '' : `, loss on what was kept out ${evalLoss.toFixed(4)}`;
      return `  checkpoint of step ${step}, ${bytesText(bytes)}${kept}`;
    }),
    ...notes.map((note) => `  ${note}`),
    ...(error === null ? [] : [`  ${error.sentence}`, `  → ${error.remedy}`]),
  ];
  return `${lines.join('\n')}\n`;
}
