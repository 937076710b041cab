import * as z from 'zod';
import { ExpectedError } from '../../../contract/errors.ts';
import type { LibtorchPlan, TrainingRuntime } from '../../../contract/libtorch.ts';
import { type CommandContext, type Family, show } from '../command.ts';
import { bytesText } from '../figures.ts';
import { UsageError } from '../flags.ts';
import { followJob } from '../follow-job.ts';

const actions = { install, remove, where: shown } as const;
const flagsSchema = z.object({ cuda: z.boolean().default(false), plan: z.boolean().default(false) });
type Flags = z.infer<typeof flagsSchema>;

/** `merv libtorch`: the libraries that training needs and answering does not. */
export const libtorch: Family = (cli, chosen) => {
  cli
    .command('libtorch [action]', 'Whether training finds libtorch; `libtorch install|remove|where`')
    .option('--plan', 'With install: say what would be fetched, and fetch nothing')
    .option('--cuda', 'With install: the build for GPUs of NVIDIA’s, several gigabytes')
    .option('--json', 'As JSON')
    .example('merv libtorch install --plan')
    .action((action: unknown, options: unknown) => {
      const work = Object.entries(actions).find(([name]) => name === (action ?? 'where'))?.[1];
      if (work === undefined) throw new UsageError('`libtorch install|remove|where` is expected');
      const flags = flagsSchema.parse(options);
      chosen((context) => work(context, flags), options);
    });
};

async function shown(context: CommandContext): Promise<void> {
  show(context, await context.client.training.runtime(), runtimeText);
}

async function install(context: CommandContext, { cuda, plan: only }: Flags): Promise<void> {
  const { client, terminal, json } = context;
  const build = cuda ? 'cuda' : 'cpu';
  const plan = await client.training.libtorch.plan({ build });
  if (only) {
    show(context, plan, planText);
    return;
  }
  const [problem] = plan.problems;
  if (problem) throw new ExpectedError('disk_full', problem.sentence, problem.remedy);
  if (!json) terminal.err(planText(plan));
  const job = await followJob(context, (await client.training.libtorch.install({ build })).id);
  show(context, job, ({ state }) => (state === 'done' ? `${plan.folder}\n` : ''));
}

async function remove(context: CommandContext): Promise<void> {
  show(context, await context.client.training.libtorch.remove(), ({ freedBytes }) =>
    freedBytes === 0
      ? 'There was no libtorch in the data folder.\n'
      : `Removed, ${bytesText(freedBytes)} are free.\n`,
  );
}

function runtimeText({
  state,
  version,
  place,
  devices,
  attempts,
  remedy,
  installed,
}: TrainingRuntime): string {
  const lines =
    state === 'ready'
      ? [`libtorch ${version} on ${devices.join(' and ')}: ${place}`]
      : [
          state === 'downloading'
            ? 'libtorch is being downloaded (see `merv jobs`).'
            : 'Training finds no libtorch.',
        ];
  if (installed !== null) {
    const { version: its, build, folder, bytes } = installed;
    lines.push(`In the data folder: ${its} for ${build}, ${bytesText(bytes)}, ${folder}`);
  }
  lines.push(...attempts.map((attempt) => `  tried ${attempt}`));
  if (remedy !== null && state === 'missing') lines.push(`→ ${remedy}`);
  return `${lines.join('\n')}\n`;
}

function planText({
  version,
  build,
  archives,
  downloadBytes,
  installedBytes,
  freeDiskBytes,
  folder,
  problems,
}: LibtorchPlan): string {
  const free = freeDiskBytes === null ? '' : `, ${bytesText(freeDiskBytes)} are free`;
  const lines = [
    `libtorch ${version} for ${build}: ${bytesText(downloadBytes)} to download, ${bytesText(installedBytes)} on the disk${free}`,
    ...archives.flatMap(({ name, host, bytes, sha256 }) => [
      `  ${name}, ${bytesText(bytes)} from ${host}`,
      `  sha256 ${sha256}`,
    ]),
    `  goes to ${folder}`,
    ...problems.flatMap(({ sentence, remedy }) => [sentence, `→ ${remedy}`]),
  ];
  return `${lines.join('\n')}\n`;
}
