import { resolve } from 'node:path';
import type { ModelSource } from '../../../contract/hub.ts';
import { type CommandContext, type Family, show } from '../command.ts';
import { precisionFlags } from '../flags.ts';
import { followJob } from '../follow-job.ts';
import { choicesOf, sourceOf } from '../source.ts';

/** `merv install`, `merv import`: models that come here. */
export const install: Family = (cli, chosen) => {
  cli
    .command(
      'install <source>',
      'Install a model: an id of the catalogue, org/repo[@revision][:path], or a path',
    )
    .option('--precision <role=precision>', 'encoder=int8, languageModel=int4, …; may be given several times')
    .option('--json', 'The job as JSON on stdout when it ends')
    .example('merv install smollm2-360m-instruct')
    .example('merv install tyleryzhu/merv:merv-full --precision languageModel=int4')
    .example('merv install ~/Downloads/model.gguf')
    .action((word: unknown, options: unknown) =>
      chosen((context) => carryOut(context, sourceOf(String(word)), precisionFlags(options)), options),
    );
  cli
    .command('import <file>', 'Install a model from a file that `merv export` wrote')
    .option('--json', 'The job as JSON on stdout when it ends')
    .action((word: unknown, options: unknown) =>
      chosen((context) => carryOut(context, { kind: 'local', path: resolve(String(word)) }, []), options),
    );
};

async function carryOut(
  context: CommandContext,
  source: ModelSource,
  precisions: readonly string[],
): Promise<void> {
  const { client, terminal } = context;
  const { signal } = terminal;
  const choices =
    precisions.length === 0
      ? []
      : choicesOf(precisions, await client.hub.plan({ source, choices: [] }, { signal }));
  const { id } = await client.hub.install({ source, choices }, { signal });
  const job = await followJob(context, id);
  if (job.state === 'done') show(context, job, ({ modelId }) => `Installed ${modelId}.\n`);
  else if (context.json) show(context, job, () => '');
}
