import type { Answerer } from '../answering/answerer.ts';
import { compare } from '../answering/compare.ts';
import { inspectModel } from '../answering/inspect-model.ts';
import { modelTensors } from '../answering/model-tensors.ts';
import { ExpectedError } from '../contract/errors.ts';
import type { CompareEvent, CompareRequest, ModelSummary } from '../contract/models.ts';
import { removeModel } from '../hub/installed/remove.ts';
import { renameModel } from '../hub/installed/rename.ts';
import { verifyModel } from '../hub/installed/verify.ts';
import { refuseWhileMoving } from '../hub/jobs/move.ts';
import type { Library } from '../hub/library.ts';
import type { Allowed } from './allowed.ts';
import { never } from './pause.ts';
import type { Procedures } from './procedures.ts';
import type { Turns } from './turns.ts';
import type { VideoRegistry } from './video-registry.ts';

export interface ModelServiceOptions {
  readonly answerer: Answerer;
  readonly turns: Turns;
  readonly videos: VideoRegistry;
  readonly library: Library;
  readonly allowed: Allowed;
  readonly modelsFolder: () => string;
  /** Runs `work` when no answer runs and every open model was let go of. */
  readonly whileIdle: <T>(work: () => Promise<T> | T) => Promise<T>;
}

/** `models`: what is installed, and what may be done with it. */
export function modelService({ models }: Procedures, options: ModelServiceOptions) {
  const { answerer, turns, videos, library, allowed, modelsFolder, whileIdle } = options;
  const { jobs, store } = library;

  const summaryOf = async (id: string): Promise<ModelSummary> => {
    const found = (await answerer.models()).find((model) => model.id === id);
    if (found) return found;
    throw new ExpectedError('model_missing', `There is no model ${id}.`, 'Look at the list of models.');
  };

  async function* compared(request: CompareRequest, signal: AbortSignal): AsyncGenerator<CompareEvent> {
    const giveBack = await turns.take('answer', signal);
    try {
      const { modelIds, videoId, clip, question, sampling } = request;
      const video = videoId === null ? null : await videos.get(videoId, signal);
      const turn = { role: 'user', text: question } as const;
      yield* compare(answerer, { modelIds, video, clip, turns: [turn], sampling, signal });
    } finally {
      giveBack();
    }
  }

  return {
    list: models.list.handler(async () => [...(await answerer.models())]),
    warm: models.warm.handler(async ({ input, signal = never }) => {
      const giveBack = await turns.take('warm', signal);
      try {
        await answerer.warm(input.id, signal);
      } finally {
        giveBack();
      }
      return {};
    }),
    inspect: models.inspect.handler(async ({ input }) =>
      inspectModel(modelsFolder(), await summaryOf(input.id)),
    ),
    tensors: models.tensors.handler(({ input: { id, ...query } }) => modelTensors(modelsFolder(), id, query)),
    rename: models.rename.handler(async ({ input }) => {
      refuseWhileMoving(jobs.moving);
      await renameModel(modelsFolder(), input.id, input.name.trim() || input.id);
      return {};
    }),
    delete: models.delete.handler(async ({ input }) => {
      refuseWhileMoving(jobs.moving);
      return { freedBytes: await whileIdle(() => removeModel(modelsFolder(), input.id, store)) };
    }),
    verify: models.verify.handler(async ({ input, signal = never }) => {
      const found = await verifyModel(modelsFolder(), input.id, { signal, onBytes: () => {} });
      return { problems: found.map(({ sentence }) => sentence) };
    }),
    repair: models.repair.handler(async ({ input }) => {
      const { name } = await summaryOf(input.id);
      return { id: jobs.add({ kind: 'repair', modelId: input.id }, `Repair ${name}`, input.id) };
    }),
    export: models.export.handler(async ({ input }) => {
      const path = allowed.path(input.path);
      const { name } = await summaryOf(input.id);
      const request = { kind: 'export', modelId: input.id, path } as const;
      return { id: jobs.add(request, `Export ${name}`, input.id) };
    }),
    compare: models.compare.handler(({ input, signal = never }) => compared(input, signal)),
  };
}
