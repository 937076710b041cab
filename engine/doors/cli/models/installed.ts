import { resolve } from 'node:path';
import type { ModelDetail } from '../../../contract/models.ts';
import { type CommandContext, type Family, show } from '../command.ts';
import { bytesText } from '../figures.ts';
import { UsageError } from '../flags.ts';
import { followJob } from '../follow-job.ts';
import { modelsText } from '../lists.ts';

/** `merv models`, and what may be done with one that is installed. */
export const installed: Family = (cli, chosen) => {
  cli
    .command('models [action] [id]', 'List the models that are installed; `models show <id>` looks into one')
    .option('--json', 'As JSON')
    .example('merv models --json')
    .example('merv models show starter')
    .action((action: unknown, id: unknown, options: unknown) => {
      if (action === undefined) return chosen(list, options);
      if (action !== 'show' || id === undefined)
        throw new UsageError('`models` or `models show <id>` is expected');
      return chosen(async (context) => {
        show(context, await context.client.models.inspect({ id: String(id) }), detailText);
      }, options);
    });
  const command = (
    words: string,
    description: string,
    work: (context: CommandContext, id: string, word: string) => Promise<void>,
  ): void => {
    cli
      .command(words, description)
      .option('--json', 'As JSON')
      .action((id: unknown, ...rest: readonly unknown[]) => {
        const [word, options] = rest.length > 1 ? rest : ['', rest[0]];
        chosen((context) => work(context, String(id), String(word)), options);
      });
  };
  command('remove <id>', 'Remove a model, and the parts that no other one uses', async (context, id) => {
    show(
      context,
      await context.client.models.delete({ id }),
      ({ freedBytes }) => `Removed ${id}; ${bytesText(freedBytes)} are free again.\n`,
    );
  });
  command('verify <id>', 'Compare every file of a model with what was written', async (context, id) => {
    const { signal } = context.terminal;
    show(context, await context.client.models.verify({ id }, { signal }), ({ problems }) =>
      problems.length === 0
        ? `${id} is whole.\n`
        : `${problems.join('\n')}\nRepair it with: merv repair ${id}\n`,
    );
  });
  command('repair <id>', 'Make the broken parts of a model again', async (context, id) => {
    const job = await followJob(context, (await context.client.models.repair({ id })).id);
    show(context, job, ({ state }) => (state === 'done' ? `${id} is whole.\n` : ''));
  });
  command(
    'export <id> <file>',
    'Write a model to one file for another machine',
    async (context, id, file) => {
      const path = resolve(file);
      const job = await followJob(context, (await context.client.models.export({ id, path })).id);
      show(context, job, ({ state }) => (state === 'done' ? `${path}\n` : ''));
    },
  );
  command('rename <id> <name>', 'Give a model another name', async (context, id, name) => {
    await context.client.models.rename({ id, name });
    show(context, { id, name }, () => `${id} is called ${name} now.\n`);
  });
};

async function list(context: CommandContext): Promise<void> {
  show(context, await context.client.models.list(), modelsText);
}

function detailText({ summary, folder, createdAt, joins, files, promptPreview }: ModelDetail): string {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return [
    modelsText([summary]).trimEnd(),
    `  in ${folder}, ${files.length} files, ${bytesText(bytes)}, made ${new Date(createdAt).toISOString()}`,
    `  deleting it frees ${bytesText(summary.ownBytes)}`,
    ...joins.map(({ from, to, label }) => `  ${from} → ${to}: ${label}`),
    'Its prompt:',
    promptPreview,
    '',
  ].join('\n');
}
