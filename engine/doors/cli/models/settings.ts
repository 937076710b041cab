import { resolve } from 'node:path';
import type { Activity } from '../../../contract/hub.ts';
import { type Settings, settingsSchema } from '../../../contract/settings.ts';
import { type CommandContext, type Family, show } from '../command.ts';
import { bytesText } from '../figures.ts';
import { UsageError } from '../flags.ts';
import { followJob } from '../follow-job.ts';

/** `merv settings`, `merv move`, `merv activity`: how models are kept and fetched. */
export const settings: Family = (cli, chosen) => {
  cli
    .command(
      'settings [key] [value]',
      'Show settings, or set one: offline, endpoint, proxy, bandwidth, encoder, visual, languageModel, token',
    )
    .option('--json', 'As JSON')
    .example('merv settings offline true')
    .example('merv settings proxy none')
    .example('merv settings token -   (reads it from stdin)')
    .action((key: unknown, value: unknown, options: unknown) => {
      if (key === undefined) return chosen(showAll, options);
      if (value === undefined) throw new UsageError('`settings <key> <value>` is expected');
      return chosen((context) => set(context, String(key), String(value)), options);
    });
  cli
    .command('move <folder>', 'Move every model to an empty or new folder')
    .option('--json', 'As JSON')
    .action((folder: unknown, options: unknown) =>
      chosen(async (context) => {
        const path = resolve(String(folder));
        const job = await followJob(context, (await context.client.settings.moveModels({ path })).id);
        show(context, job, ({ state }) => (state === 'done' ? `${path}\n` : ''));
      }, options),
    );
  cli
    .command('activity [action]', 'Show what left this machine; `activity clear` forgets it')
    .option('--json', 'As JSON')
    .action((action: unknown, options: unknown) => {
      if (action !== undefined && action !== 'clear')
        throw new UsageError('`activity` or `activity clear` is expected');
      chosen(async (context) => {
        if (action === 'clear') await context.client.settings.clearActivity();
        show(context, await context.client.settings.activity(), activityText);
      }, options);
    });
};

async function showAll(context: CommandContext): Promise<void> {
  const { client } = context;
  const all = { ...(await client.settings.get()), account: await client.settings.account() };
  show(context, all, ({ account, providers, ...rest }) => {
    const rows = { ...rest, ...providers, ...account };
    return Object.entries(rows)
      .map(([key, value]) => `${key} = ${value ?? 'none'}\n`)
      .join('');
  });
}

async function set(context: CommandContext, key: string, value: string): Promise<void> {
  const { client, terminal } = context;
  if (key === 'token') {
    const token = value === '-' ? (await terminal.input()).trim() : value === 'none' ? '' : value;
    await client.settings.setToken({ token });
    return showAll(context);
  }
  const changed = settingsSchema.safeParse(withValue(await client.settings.get(), key, value));
  if (!changed.success) throw new UsageError(`settings ${key}: ${changed.error.issues[0]?.message}`);
  await client.settings.set(changed.data);
  return showAll(context);
}

function withValue(before: Settings, key: string, text: string): unknown {
  const value = text === 'none' ? null : text;
  switch (key) {
    case 'offline':
      return { ...before, offline: { true: true, false: false }[text] };
    case 'endpoint':
    case 'proxy':
      return { ...before, [key]: value };
    case 'bandwidth':
      return { ...before, bandwidth: value === null ? null : Number(value) };
    case 'encoder':
    case 'visual':
    case 'languageModel':
      return { ...before, providers: { ...before.providers, [key]: text } };
    default:
      throw new UsageError(`there is no setting ${JSON.stringify(key)}`);
  }
}

function activityText(rows: readonly Activity[]): string {
  if (rows.length === 0) return 'Nothing left this machine.\n';
  return rows
    .map(({ at, method, url, purpose, status, receivedBytes, error }) => {
      const outcome = error ?? `${status ?? 'under way'}, ${bytesText(receivedBytes)}`;
      return `${new Date(at).toISOString()}  ${purpose}: ${method} ${url} (${outcome})\n`;
    })
    .join('');
}
