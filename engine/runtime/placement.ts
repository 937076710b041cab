import { stat } from 'node:fs/promises';
import * as z from 'zod';
import {
  type ProviderName,
  type Providers,
  providerStateSchema,
  type Settings,
} from '../contract/settings.ts';
import { chooseProvider, providerRoles } from './choose-provider.ts';
import { fallbackNotice, firstLine, type GraphPart, GraphSession, type OpenGraph } from './graph-session.ts';
import { type ProviderProbe, probeProviders, providerTitle } from './providers.ts';
import { openSession, runtimeVersion } from './session.ts';
import { type GraphTrial, graphTrialSchema, tryGraph } from './try-graph.ts';

/** Where what was found out is kept between two starts; text that means nothing to anybody else. */
export interface PlacementMemory {
  read(): string | null;
  write(text: string): void;
}

export interface PlacementOptions {
  /** As they are set now. */
  readonly wanted: () => Settings['providers'];
  readonly memory: PlacementMemory;
  /** Tests have providers that this machine lacks. */
  readonly probe?: typeof probeProviders;
  readonly trial?: typeof tryGraph;
  readonly open?: typeof openSession;
}

/** Decides where graphs are computed. */
export interface Placement {
  readonly openGraph: OpenGraph;
  /** Tries the providers anew, for whoever looks at them: drivers may have been installed since. */
  look(): Promise<readonly ProviderProbe[]>;
  /** {@link look}, and what the settings make of it. */
  overview(): Promise<Providers>;
}

const probeSchema = providerStateSchema.extend({ speedup: z.number().nullable() });
const factsSchema = z.object({
  runtime: z.string(),
  /** When the providers were tried. */
  at: z.number(),
  probes: z.array(probeSchema),
  /** By provider and file. */
  trials: z.array(z.object({ key: z.string(), at: z.number(), trial: graphTrialSchema })),
});
type Facts = z.infer<typeof factsSchema>;

const runtime = `${runtimeVersion} ${process.platform} ${process.arch}`;
/** What did not work is tried again after so long. */
const day = 24 * 3600_000;
const keptTrials = 64;

export function createPlacement(options: PlacementOptions): Placement {
  const { wanted, memory, probe = probeProviders, trial = tryGraph, open = openSession } = options;
  let probing: Promise<readonly ProviderProbe[]> | null = null;

  const facts = (): Facts => {
    const kept = parsedFacts(memory.read());
    return kept?.runtime === runtime ? kept : { runtime, at: 0, probes: [], trials: [] };
  };
  const look = (): Promise<readonly ProviderProbe[]> => {
    probing ??= probe()
      .then((probes) => {
        memory.write(JSON.stringify({ ...facts(), at: Date.now(), probes }));
        return probes;
      })
      .finally(() => {
        probing = null;
      });
    return probing;
  };
  const known = (): Promise<readonly ProviderProbe[]> | readonly ProviderProbe[] => {
    const { at, probes } = facts();
    return probes.length > 0 && Date.now() - at < day ? probes : look();
  };
  const remember = (key: string, result: GraphTrial): void => {
    const now = facts();
    const others = now.trials.filter((each) => each.key !== key).slice(1 - keptTrials);
    memory.write(JSON.stringify({ ...now, trials: [...others, { key, at: Date.now(), trial: result }] }));
  };
  const tried = async (key: string, part: GraphPart, provider: ProviderName): Promise<GraphTrial> => {
    const before = facts().trials.find((each) => each.key === key);
    if (before !== undefined && (before.trial.works || Date.now() - before.at < day)) return before.trial;
    const result = await trial(part, provider, part.sizes);
    remember(key, result);
    return result;
  };

  const openGraph: OpenGraph = async (part, onNotice) => {
    const onProcessor = async () => new GraphSession(part, await open(part), 'cpu', onNotice);
    const setting = wanted()[part.role];
    const choice = chooseProvider(setting, setting === 'cpu' ? [] : await known());
    if (choice.name === 'cpu') {
      if (choice.isFallback) onNotice(`${part.title}: ${choice.reason}`);
      return onProcessor();
    }
    const key = await trialKey(part.file, choice.name);
    const result = key === null ? null : await tried(key, part, choice.name);
    const objection = objectionOf(result, choice.name);
    if (objection !== null) {
      onNotice(fallbackNotice(part, choice.name, objection));
      return onProcessor();
    }
    try {
      return new GraphSession(part, await open(part, choice.name), choice.name, onNotice);
    } catch (error) {
      if (key !== null) remember(key, { works: false, reason: firstLine(error) });
      onNotice(fallbackNotice(part, choice.name, firstLine(error)));
      return onProcessor();
    }
  };

  return {
    openGraph,
    look,
    async overview() {
      const probes = await look();
      return {
        states: probes.map(({ speedup: _, ...state }) => state),
        choices: providerRoles.map((role) => {
          const { name, reason } = chooseProvider(wanted()[role], probes);
          return { role, name, reason };
        }),
      };
    },
  };
}

/** Why the part is not computed with this provider; null where nothing speaks against it. */
function objectionOf(trial: GraphTrial | null, provider: ProviderName): string | null {
  if (trial === null) return null;
  if (!trial.works) return trial.reason;
  if (trial.left.length === 0) return null;
  return `${providerTitle(provider)} does not compute ${trial.left.join(' and ')}, which it needs at this precision`;
}

/** A file that changed is another one. Null where it is not there: opening it says so. */
async function trialKey(file: string, provider: ProviderName): Promise<string | null> {
  const about = await stat(file).catch(() => null);
  return about === null ? null : [provider, file, about.size, Math.floor(about.mtimeMs)].join('|');
}

function parsedFacts(text: string | null): Facts | null {
  if (text === null) return null;
  try {
    return factsSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
