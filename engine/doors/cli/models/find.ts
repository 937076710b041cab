import type { InstallPlan, RepoDetail, RepoSummary } from '../../../contract/hub.ts';
import { type Family, show } from '../command.ts';
import { bytesText } from '../figures.ts';
import { precisionFlags } from '../flags.ts';
import { choicesOf, sourceOf } from '../source.ts';

const mostFound = 20;

/** `merv search`, `merv catalogue`, `merv info`, `merv plan`: models that are elsewhere. */
export const find: Family = (cli, chosen) => {
  cli
    .command('search <...words>', 'Search Hugging Face for models')
    .option('--json', 'As JSON')
    .example('merv search merv')
    .action((words: readonly unknown[], options: unknown) =>
      chosen(async (context) => {
        const { client, terminal } = context;
        const query = words.map(String).join(' ');
        const request = { query, limit: mostFound };
        show(context, await client.hub.search(request, { signal: terminal.signal }), repos);
      }, options),
    );
  cli
    .command('catalogue', 'List models that work well here')
    .option('--json', 'As JSON')
    .action((options: unknown) =>
      chosen(async (context) => {
        show(context, await context.client.hub.catalogue(), (entries) =>
          entries
            .map(
              ({ id, name, description, download, disk, memory, licence, modelId, misfit }) =>
                `${id}  ${name}${modelId === null ? '' : ' (installed)'}\n  ${description}\n` +
                `  fetches ${bytesText(download)}, keeps ${bytesText(disk)}, needs ${bytesText(memory)} of memory; ${licence}\n` +
                (misfit === null ? '' : `  ${misfit}\n`),
            )
            .join('\n'),
        );
      }, options),
    );
  cli
    .command('info <repo>', 'Show a repository of Hugging Face: org/repo or org/repo@revision')
    .option('--json', 'As JSON')
    .action((word: unknown, options: unknown) =>
      chosen(async (context) => {
        const [repo = '', revision = null] = String(word).split('@');
        const request = { repo, revision };
        const { signal } = context.terminal;
        show(context, await context.client.hub.repo(request, { signal }), repoText);
      }, options),
    );
  cli
    .command('plan <source>', 'Say what installing would fetch, take and need, without starting it')
    .option('--precision <role=precision>', 'encoder=int8, languageModel=int4, …; may be given several times')
    .option('--json', 'As JSON')
    .example('merv plan merv-full --precision encoder=int8')
    .action((word: unknown, options: unknown) =>
      chosen(async (context) => {
        const { client, terminal } = context;
        const source = sourceOf(String(word));
        const { signal } = terminal;
        const first = await client.hub.plan({ source, choices: [] }, { signal });
        const choices = choicesOf(precisionFlags(options), first);
        show(
          context,
          choices.length === 0 ? first : await client.hub.plan({ source, choices }, { signal }),
          planText,
        );
      }, options),
    );
};

function repos(found: readonly RepoSummary[]): string {
  if (found.length === 0) return 'Nothing was found.\n';
  return found
    .map(
      ({ repo, task, licence, gated, downloads }) =>
        `${repo}  ${[task, licence, `${downloads} downloads`, ...(gated === 'open' ? [] : ['gated'])]
          .filter((fact) => fact !== null)
          .join(', ')}\n`,
    )
    .join('');
}

function repoText({ repo, commit, url, licence, gated, installable, refusal, files }: RepoDetail): string {
  const cached = files.filter((file) => file.cached).length;
  return [
    `${repo} at ${commit.slice(0, 12)}  ${url}`,
    `  licence ${licence ?? 'not stated'}${gated === 'asks' ? ', its owners ask to be asked first' : ''}`,
    `  ${files.length} files, ${cached} of them here`,
    ...installable.map(
      ({ path, title, bytes }) =>
        `  merv install ${repo}${path === null ? '' : `:${path}`}  (${title}, ${bytesText(bytes)})`,
    ),
    ...(refusal === null ? [] : [`  ${refusal}`]),
    '',
  ].join('\n');
}

export function planText(plan: InstallPlan): string {
  return [
    `${plan.name} (${plan.modelId}): ${plan.description}`,
    ...plan.parts.map(
      ({ name, state, sizes, licence, gated }) =>
        `  ${name}: ${state === 'fetch' ? 'to be fetched' : state}, ${[
          sizes.map(({ precision, bytes }) => `${precision} ${bytesText(bytes)}`).join(' | ') || 'small',
          licence ?? 'licence not stated',
          ...(gated === 'asks' ? ['gated'] : []),
        ].join(', ')}`,
    ),
    `  fetches ${bytesText(plan.downloadBytes)}, keeps ${bytesText(plan.modelBytes)}; takes at most ${bytesText(plan.peakDiskBytes)} of disk` +
      (plan.freeDiskBytes === null ? '' : ` of ${bytesText(plan.freeDiskBytes)} free`),
    `  memory: ${bytesText(plan.conversionMemoryBytes)} to convert, ${bytesText(plan.runMemoryBytes)} to answer, ${bytesText(plan.totalMemoryBytes)} here`,
    ...plan.warnings.map((warning) => `  Note: ${warning}`),
    ...plan.problems.map(({ sentence, remedy }) => `  PROBLEM: ${sentence}\n  → ${remedy}`),
    '',
  ].join('\n');
}
