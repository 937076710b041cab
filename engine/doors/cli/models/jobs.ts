import { ExpectedError } from '../../../contract/errors.ts';
import type { Job } from '../../../contract/jobs.ts';
import { type CommandContext, type Family, show } from '../command.ts';
import { UsageError } from '../flags.ts';
import { followJob, lineOf } from '../follow-job.ts';

const actions = ['resume', 'pause', 'cancel', 'forget'] as const;

/** `merv jobs`: long work, also of windows that are open. */
export const jobs: Family = (cli, chosen) => {
  cli
    .command(
      'jobs [action] [id]',
      'List jobs; `jobs resume|pause|cancel|forget <id>` (its first characters will do)',
    )
    .option('--json', 'As JSON')
    .example('merv jobs resume 1a2b3c4d')
    .action((action: unknown, id: unknown, options: unknown) => {
      if (action === undefined) {
        return chosen(async (context) => show(context, await listed(context), listText), options);
      }
      const known = actions.find((each) => each === action);
      if (!known || id === undefined) throw new UsageError(`\`jobs ${actions.join('|')} <id>\` is expected`);
      return chosen((context) => carryOut(context, known, String(id)), options);
    });
};

async function carryOut(
  context: CommandContext,
  action: (typeof actions)[number],
  prefix: string,
): Promise<void> {
  const { client } = context;
  const { id } = found(await listed(context), prefix);
  await client.jobs[action]({ id });
  if (action === 'resume') {
    const job = await followJob(context, id);
    show(context, job, () => (job.state === 'done' ? `${job.title}: done.\n` : ''));
    return;
  }
  if (action === 'cancel') await cancelled(context, id);
  show(context, { id }, () => `${action}: done.\n`);
}

/** What it has not finished is removed by this process, where none runs it. */
async function cancelled({ client }: CommandContext, id: string): Promise<void> {
  for await (const all of await client.jobs.watch()) {
    const job = all.find((each) => each.id === id);
    if (!job || ['cancelled', 'done', 'failed'].includes(job.state)) return;
  }
}

async function listed({ client }: CommandContext): Promise<readonly Job[]> {
  for await (const all of await client.jobs.watch()) return all;
  return [];
}

function found(all: readonly Job[], prefix: string): Job {
  const matches = all.filter(({ id }) => id.startsWith(prefix));
  if (matches.length === 1) return matches[0]!;
  throw new ExpectedError(
    'not_found',
    matches.length === 0 ? `There is no job ${prefix}.` : `${matches.length} jobs begin with ${prefix}.`,
    'Look at `merv jobs`.',
  );
}

function listText(all: readonly Job[]): string {
  if (all.length === 0) return 'There are no jobs.\n';
  return all
    .map((job) => {
      const { id, title, state, error, notes } = job;
      const at = state === 'running' || state === 'paused' ? `, ${lineOf(job)}` : '';
      const lines = [`${id.slice(0, 8)}  ${title}: ${state}${at}`, ...notes.map((note) => `  ${note}`)];
      if (error) lines.push(`  ${error.sentence}`, `  → ${error.remedy}`);
      return `${lines.join('\n')}\n`;
    })
    .join('');
}
