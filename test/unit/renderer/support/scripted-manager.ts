import type { Implementer, ORPCError } from '@orpc/server';
import type { contract } from '../../../../engine/contract/contract.ts';
import type { ExpectedErrorData } from '../../../../engine/contract/errors.ts';
import type {
  Activity,
  CatalogueEntry,
  InstallPlan,
  ModelSource,
  PrecisionChoices,
  RepoDetail,
} from '../../../../engine/contract/hub.ts';
import type { Job } from '../../../../engine/contract/jobs.ts';
import type { ModelDetail, ModelSummary, TensorRow } from '../../../../engine/contract/models.ts';
import type { Account, Providers, Settings } from '../../../../engine/contract/settings.ts';
import { jobTicks, scriptedJob } from './scripted-jobs.ts';

/** What the scripted engine knows of models, Hugging Face and its own work. */
export interface ManagerScript {
  catalogue: readonly CatalogueEntry[];
  repos: readonly RepoDetail[];
  /** Of a source with the choices made; throws nothing: see `failures`. */
  plan: (source: ModelSource, choices: PrecisionChoices) => InstallPlan;
  /** The model that an install job makes. */
  made: (source: ModelSource) => ModelSummary | null;
  details: ReadonlyMap<string, ModelDetail>;
  tensors: readonly TensorRow[];
  jobs: readonly Job[];
  /** How long one of the hundred steps of a job takes; null leaves jobs as they are. */
  jobStepMs: number | null;
  verify: readonly string[];
  settings: Settings;
  account: Account;
  providers: Providers;
  activity: readonly Activity[];
  /** Thrown by the procedure of this name, as "hub.search". */
  readonly failures: Map<string, ExpectedErrorData>;
  readonly calls: { readonly name: string; readonly input: unknown }[];
}

const nothingToPlan = (): InstallPlan => {
  throw new Error('The script has no plan.');
};

export function newManagerScript(): ManagerScript {
  return {
    catalogue: [],
    repos: [],
    plan: nothingToPlan,
    made: () => null,
    details: new Map(),
    tensors: [],
    jobs: [],
    jobStepMs: 10,
    verify: [],
    settings: {
      offline: false,
      endpoint: null,
      proxy: null,
      bandwidth: null,
      providers: { encoder: 'auto', visual: 'auto', languageModel: 'auto' },
    },
    account: { token: 'none', endpoint: 'https://huggingface.co', cacheFolder: '/cache' },
    providers: { states: [], choices: [] },
    activity: [],
    failures: new Map(),
    calls: [],
  };
}

interface Tools {
  wait(ms: number, signal?: AbortSignal): Promise<void>;
  expected(data: ExpectedErrorData): ORPCError<string, ExpectedErrorData>;
}
type Base = Implementer<typeof contract, Record<never, never>, Record<never, never>>;

/** The procedures of the model manager. */
export function managerRouter(
  base: Base,
  script: { models: readonly ModelSummary[]; readonly manager: ManagerScript },
  { wait, expected }: Tools,
) {
  const { manager } = script;
  const called = async (name: string, input: unknown = null): Promise<void> => {
    manager.calls.push({ name, input });
    await wait(0);
    const failure = manager.failures.get(name);
    if (failure) throw expected(failure);
  };
  const missing = (what: string) =>
    expected({ code: 'not_found', sentence: `${what} is not there.`, remedy: 'Choose another one.' });
  const put = (job: Job): void => {
    const others = manager.jobs.filter((each) => each.id !== job.id);
    manager.jobs = [job, ...others].sort((a, b) => b.createdAt - a.createdAt);
  };
  const start = (job: Job, onDone: () => void): { id: string } => {
    put(job);
    if (manager.jobStepMs !== null) void jobTicks(job.id, manager, put, wait, onDone);
    return { id: job.id };
  };
  const change = (id: string, state: Job['state']): void => {
    const job = manager.jobs.find((each) => each.id === id);
    if (job) put({ ...job, state, error: null, updatedAt: Date.now() });
  };

  return {
    models: {
      list: base.models.list.handler(async () => {
        await wait(0);
        return [...script.models];
      }),
      warm: base.models.warm.handler(async () => ({})),
      inspect: base.models.inspect.handler(async ({ input }) => {
        await called('models.inspect', input);
        const detail = manager.details.get(input.id);
        const summary = script.models.find((model) => model.id === input.id);
        if (!detail || !summary) throw missing('This model');
        return { ...detail, summary };
      }),
      tensors: base.models.tensors.handler(async ({ input }) => {
        await called('models.tensors', input);
        const found = manager.tensors.filter((row) => row.name.includes(input.search));
        return { total: found.length, rows: found.slice(input.offset, input.offset + input.limit) };
      }),
      rename: base.models.rename.handler(async ({ input }) => {
        await called('models.rename', input);
        script.models = script.models.map((model) =>
          model.id === input.id ? { ...model, name: input.name } : model,
        );
        return {};
      }),
      delete: base.models.delete.handler(async ({ input }) => {
        await called('models.delete', input);
        const freedBytes = script.models.find((model) => model.id === input.id)?.ownBytes ?? 0;
        script.models = script.models.filter((model) => model.id !== input.id);
        return { freedBytes };
      }),
      verify: base.models.verify.handler(async ({ input }) => {
        await called('models.verify', input);
        await wait(manager.jobStepMs === null ? 0 : manager.jobStepMs * 20);
        return { problems: [...manager.verify] };
      }),
      repair: base.models.repair.handler(async ({ input }) => {
        await called('models.repair', input);
        const repaired = () => {
          script.models = script.models.map((model) =>
            model.id === input.id ? { ...model, problem: null } : model,
          );
        };
        return start(scriptedJob({ kind: 'repair', title: 'Repair', modelId: input.id }), repaired);
      }),
      export: base.models.export.handler(async ({ input }) => {
        await called('models.export', input);
        return start(scriptedJob({ kind: 'export', title: 'Export', modelId: input.id }), () => {});
      }),
      compare: base.models.compare.handler(async function* ({ input, signal }) {
        await called('models.compare', input);
        for (const modelId of input.modelIds) {
          const words = `${modelId} says: ${input.question}`.split(' ');
          for (const [i, word] of words.entries()) {
            await wait(manager.jobStepMs ?? 0, signal);
            const text = i === 0 ? word : ` ${word}`;
            yield {
              type: 'answer' as const,
              modelId,
              event: { type: 'token' as const, text, generated: i + 1 },
            };
          }
          const model = script.models.find((each) => each.id === modelId);
          if (model?.problem) {
            yield { type: 'failed' as const, modelId, ...model.problem };
            continue;
          }
          yield {
            type: 'answer' as const,
            modelId,
            event: {
              type: 'done' as const,
              text: words.join(' '),
              stats: {
                model: modelId,
                frames: [],
                tokens: { visual: model?.visualTokens ?? 0, prompt: 96, cached: 0, generated: words.length },
                ms: { decode: 210, encode: 640, prefill: 380, generate: 1_420, total: 2_650 },
                finish: 'stop' as const,
                seed: 1,
                mixing: null,
                warnings: [],
              },
            },
          };
        }
      }),
    },
    hub: {
      search: base.hub.search.handler(async ({ input }) => {
        await called('hub.search', input);
        const words = input.query.toLowerCase();
        return manager.repos.filter((repo) => repo.repo.toLowerCase().includes(words));
      }),
      repo: base.hub.repo.handler(async ({ input }) => {
        await called('hub.repo', input);
        const found = manager.repos.find((repo) => repo.repo === input.repo);
        if (!found) throw missing(`“${input.repo}”`);
        return found;
      }),
      catalogue: base.hub.catalogue.handler(async () => {
        await called('hub.catalogue');
        return [...manager.catalogue];
      }),
      plan: base.hub.plan.handler(async ({ input }) => {
        await called('hub.plan', input);
        return manager.plan(input.source, input.choices);
      }),
      install: base.hub.install.handler(async ({ input }) => {
        await called('hub.install', input);
        const plan = manager.plan(input.source, input.choices);
        const job = scriptedJob({ kind: 'install', title: `Install ${plan.name}`, modelId: plan.modelId });
        return start(job, () => {
          const made = manager.made(input.source);
          if (made) script.models = [...script.models, made];
        });
      }),
    },
    jobs: {
      watch: base.jobs.watch.handler(async function* ({ signal }) {
        for (let sent: readonly Job[] | null = null; ; ) {
          if (sent !== manager.jobs) yield [...manager.jobs];
          sent = manager.jobs;
          await wait(100, signal);
        }
      }),
      pause: base.jobs.pause.handler(async ({ input }) => {
        await called('jobs.pause', input);
        change(input.id, 'paused');
        return {};
      }),
      resume: base.jobs.resume.handler(async ({ input }) => {
        await called('jobs.resume', input);
        change(input.id, 'running');
        return {};
      }),
      cancel: base.jobs.cancel.handler(async ({ input }) => {
        await called('jobs.cancel', input);
        change(input.id, 'cancelled');
        return {};
      }),
      forget: base.jobs.forget.handler(async ({ input }) => {
        await called('jobs.forget', input);
        manager.jobs = manager.jobs.filter((job) => job.id !== input.id);
        return {};
      }),
    },
    settings: {
      get: base.settings.get.handler(async () => manager.settings),
      set: base.settings.set.handler(async ({ input }) => {
        await called('settings.set', input);
        manager.settings = input;
        return {};
      }),
      account: base.settings.account.handler(async () => manager.account),
      setToken: base.settings.setToken.handler(async ({ input }) => {
        await called('settings.setToken');
        manager.account = { ...manager.account, token: input.token === '' ? 'none' : 'entered' };
        return manager.account;
      }),
      providers: base.settings.providers.handler(async () => {
        await called('settings.providers');
        return manager.providers;
      }),
      moveModels: base.settings.moveModels.handler(async ({ input }) => {
        await called('settings.moveModels', input);
        return start(scriptedJob({ kind: 'move', title: 'Move the models', modelId: null }), () => {});
      }),
      activity: base.settings.activity.handler(async () => [...manager.activity]),
      clearActivity: base.settings.clearActivity.handler(async () => {
        await called('settings.clearActivity');
        manager.activity = [];
        return {};
      }),
    },
  };
}
