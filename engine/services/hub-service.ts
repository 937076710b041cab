import { totalmem } from 'node:os';
import { readBundles } from '../answering/installed-models.ts';
import type { CatalogueEntry, ModelSource } from '../contract/hub.ts';
import { readCatalogue } from '../hub/catalogue.ts';
import { installable } from '../hub/conversion/recipe-from.ts';
import { isSameSource } from '../hub/install/model-id.ts';
import { planInstall } from '../hub/install/plan.ts';
import { gigabytes, refuse } from '../hub/install/problems.ts';
import { repoPlaces } from '../hub/install/repo-places.ts';
import type { Library } from '../hub/library.ts';
import type { Allowed } from './allowed.ts';
import type { Procedures } from './procedures.ts';

export interface HubServiceOptions {
  readonly library: Library;
  readonly allowed: Allowed;
  readonly modelsFolder: () => string;
  readonly resourcesFolder: string;
}

/** `hub`: finding models and installing them. */
export function hubService({ hub: procedures }: Procedures, options: HubServiceOptions) {
  const { library, allowed, modelsFolder, resourcesFolder } = options;
  const { hub, jobs } = library;

  const checked = (source: ModelSource): ModelSource =>
    source.kind === 'local' ? { ...source, path: allowed.path(source.path) } : source;

  const entries = async (): Promise<CatalogueEntry[]> => {
    const bundles = await readBundles(modelsFolder());
    return (await readCatalogue(resourcesFolder)).map(({ source, choices: _, ...item }) => {
      const own: ModelSource = source.kind === 'starter' ? { kind: 'catalogue', id: item.id } : source;
      const misfit =
        item.memory > totalmem()
          ? `Answering takes about ${gigabytes(item.memory)} of memory; this machine has ${gigabytes(totalmem())}.`
          : null;
      const model = bundles.find((bundle) => isSameSource(bundle.source, own));
      return { ...item, modelId: model?.id ?? null, misfit };
    });
  };

  return {
    search: procedures.search.handler(async ({ input, signal }) => [
      ...(await hub.search(input.query, input.limit, signal)),
    ]),
    repo: procedures.repo.handler(async ({ input, signal }) => {
      const { repo, revision } = input;
      const places = repoPlaces(hub, {}, signal);
      const place = await places.repo(repo, revision);
      const page = places.pages.get(repo);
      if (!page) throw new Error(`${repo} was looked at`);
      const found = installable(place).map((each) => ({ ...each }));
      return {
        ...page,
        installable: found,
        refusal: found.length > 0 ? null : `${repo} holds no model of a form that MERV Studio reads.`,
      };
    }),
    catalogue: procedures.catalogue.handler(entries),
    plan: procedures.plan.handler(({ input, signal }) =>
      planInstall(checked(input.source), input.choices, library.planOptions(signal)),
    ),
    install: procedures.install.handler(async ({ input, signal }) => {
      const source = checked(input.source);
      const plan = await planInstall(source, input.choices, library.planOptions(signal));
      refuse(plan.problems);
      const request = { kind: 'install', source, choices: input.choices } as const;
      return { id: jobs.add(request, `Install ${plan.name}`, plan.modelId) };
    }),
  };
}
