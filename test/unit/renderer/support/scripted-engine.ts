import { createRouterClient, implement, ORPCError } from '@orpc/server';
import type { AnswerStats, AskEvent } from '../../../../engine/contract/ask.ts';
import { contract } from '../../../../engine/contract/contract.ts';
import type {
  Conversation,
  ConversationSummary,
  Message,
} from '../../../../engine/contract/conversations.ts';
import type { ExpectedErrorData } from '../../../../engine/contract/errors.ts';
import type { ModelSummary } from '../../../../engine/contract/models.ts';
import type { Clip, EncoderFrames, VideoInfo } from '../../../../engine/contract/video.ts';
import type { EngineClient } from '../../../../renderer/lib/host.ts';
import { type ManagerScript, managerRouter, newManagerScript } from './scripted-manager.ts';
import { scriptedModel } from './scripted-model.ts';
import { newTrainingScript, type TrainingScript, trainingRouter } from './scripted-training.ts';

/** What the scripted engine knows and how it behaves; tests and pages change it as they go. */
export interface Script {
  readonly videos: Map<string, VideoInfo>;
  readonly conversations: Map<string, Conversation>;
  readonly deleted: Map<string, Conversation>;
  models: readonly ModelSummary[];
  readonly manager: ManagerScript;
  readonly training: TrainingScript;
  samplePath: string | null;
  answer: (question: string) => string;
  /** Milliseconds for one step of work: an encoder, a chunk of prompt, a token. */
  stepMs: number;
  /** Thrown by ask.send after `started`. */
  failure: ExpectedErrorData | null;
  /** Thrown by every ask.send as a bug would be. */
  bug: string | null;
  planWarnings: readonly string[];
  measured: boolean;
  picture: (video: VideoInfo, index: number, seconds: number) => Promise<string>;
  readonly asked: Parameters<EngineClient['ask']['send']>[0][];
}

/** One life of an engine: dies once, and every call under way dies with it. */
export interface Life {
  readonly client: EngineClient;
  readonly beating: { stopped: boolean };
  kill(): void;
  readonly dead: Promise<void>;
}

const base = implement(contract);

export function newScript(): Script {
  return {
    videos: new Map(),
    conversations: new Map(),
    deleted: new Map(),
    models: [scriptedModel],
    manager: newManagerScript(),
    training: newTrainingScript(),
    samplePath: '/media/sample.mp4',
    answer: (question) => `You asked: ${question} At 0:02 a **ball** appears and it leaves at 7.5 s.`,
    stepMs: 0,
    failure: null,
    bug: null,
    planWarnings: [],
    measured: true,
    picture: async () => 'data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=',
    asked: [],
  };
}

export function framesOf(video: VideoInfo, clip: Clip | null, model: ModelSummary): EncoderFrames[] {
  const first = Math.floor((clip?.from ?? 0) * video.fps);
  const end = clip?.to ?? video.seconds;
  const last = Math.max(first, Math.min(video.frameCount - 1, Math.floor(end * video.fps) - 1));
  return model.encoders.map((encoder) => ({
    encoder: encoder.id,
    frames: Array.from({ length: encoder.frames }, (_, i) => {
      const index = Math.floor(first + ((last - first) * i) / Math.max(1, encoder.frames - 1));
      return { index, seconds: index / video.fps };
    }),
  }));
}

export function startLife(script: Script): Life {
  const stop = new AbortController();
  const beating = { stopped: false };
  let tell: () => void = () => {};
  const dead = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const gone = () => new DOMException('The engine is gone.', 'AbortError');

  const wait = (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      if (stop.signal.aborted || signal?.aborted) return reject(gone());
      const forget = () => {
        clearTimeout(timer);
        for (const each of [stop.signal, signal]) each?.removeEventListener('abort', abort);
      };
      const abort = () => {
        forget();
        reject(gone());
      };
      const timer = setTimeout(() => {
        forget();
        resolve();
      }, ms);
      for (const each of [stop.signal, signal]) each?.addEventListener('abort', abort);
    });
  const step = (signal?: AbortSignal) => wait(script.stepMs, signal);
  const expected = (data: ExpectedErrorData) =>
    new ORPCError('EXPECTED', { status: 422, defined: true, data });
  const notFound = (what: string) =>
    expected({ code: 'not_found', sentence: `${what} is not known.`, remedy: 'Open it again.' });

  const find = (id: string): Conversation => {
    const found = script.conversations.get(id);
    if (!found) throw notFound('This conversation');
    return found;
  };
  const update = (id: string, part: Partial<Conversation>) =>
    script.conversations.set(id, { ...find(id), ...part, updatedAt: Date.now() });
  const setMessage = (id: string, message: Message) =>
    update(id, { messages: [...find(id).messages.filter((other) => other.id !== message.id), message] });

  const router = {
    system: {
      info: base.system.info.handler(async () => {
        await wait(0);
        return {
          version: '0.1.0',
          platform: 'linux-x64',
          runtime: 'scripted',
          dataFolder: '/data',
          modelsFolder: '/models',
          totalMemoryBytes: 16_000_000_000,
          samplePath: script.samplePath,
        };
      }),
      doctor: base.system.doctor.handler(async () => []),
      heartbeat: base.system.heartbeat.handler(async function* ({ signal }) {
        for (;;) {
          if (!beating.stopped) yield { at: Date.now() };
          await wait(1_000, signal);
        }
      }),
    },
    ...managerRouter(base, script, { wait, expected }),
    ...trainingRouter(base, script, { wait, expected }),
    video: {
      open: base.video.open.handler(async ({ input }) => {
        await step();
        const video = [...script.videos.values()].find((candidate) => candidate.path === input.path);
        if (video) return video;
        throw expected({
          code: 'file_unsupported',
          sentence: `“${input.path.split('/').at(-1)}” is not a video that can be read: it has no picture in it.`,
          remedy: 'Open an MP4, MOV, MKV, WebM or GIF file.',
        });
      }),
      thumbnails: base.video.thumbnails.handler(async function* ({ input, signal }) {
        const video = script.videos.get(input.id);
        if (!video) throw notFound('This video');
        for (const index of input.indexes) {
          await step(signal);
          const seconds = index / video.fps;
          yield { index, seconds, dataUrl: await script.picture(video, index, seconds) };
        }
      }),
    },
    ask: {
      plan: base.ask.plan.handler(async ({ input }) => {
        await wait(0);
        const model = script.models.find((candidate) => candidate.id === input.modelId);
        const video = input.videoId === null ? undefined : script.videos.get(input.videoId);
        if (!model) throw notFound('This model');
        const prompt = (video ? model.visualTokens : 0) + 40 + Math.ceil(input.question.length / 4);
        return {
          encoders: video ? framesOf(video, input.clip, model) : [],
          tokens: {
            visual: video ? model.visualTokens : 0,
            prompt,
            contextLength: model.contextLength,
            contextLeft: model.contextLength - prompt,
          },
          featuresCached: input.conversationId !== null,
          seconds: script.measured
            ? { firstToken: input.conversationId === null ? 2.1 : 0.3, total: 9 }
            : null,
          warnings: [...script.planWarnings],
        };
      }),
      send: base.ask.send.handler(async function* ({ input, signal }): AsyncGenerator<AskEvent> {
        script.asked.push(input);
        await step();
        if (script.bug !== null) throw new Error(script.bug);
        const model = script.models.find((candidate) => candidate.id === input.modelId) ?? scriptedModel;
        const video = input.videoId === null ? null : (script.videos.get(input.videoId) ?? null);
        const now = Date.now();
        const id = input.conversationId ?? `c${now}-${script.conversations.size}`;
        const old = script.conversations.get(id);
        const cut = old?.messages.findIndex((message) => message.id === input.replaceFrom) ?? -1;
        const question: Message = { role: 'user', id: `q${now}`, text: input.question, createdAt: now };
        let answer: Extract<Message, { role: 'assistant' }> = {
          role: 'assistant',
          id: `a${now}`,
          text: '',
          createdAt: now,
          state: 'streaming',
          stats: null,
          error: null,
        };
        script.conversations.set(id, {
          id,
          title: old?.title ?? input.question.slice(0, 60),
          videoName: video?.name ?? null,
          modelId: model.id,
          createdAt: old?.createdAt ?? now,
          updatedAt: now,
          excerpt: null,
          video,
          videoMissing: false,
          clip: input.clip,
          messages: [...(cut < 0 ? (old?.messages ?? []) : old!.messages.slice(0, cut)), question, answer],
        });
        const keep = (part: Partial<typeof answer>) => {
          answer = { ...answer, ...part };
          setMessage(id, answer);
        };
        const frames = video ? framesOf(video, input.clip, model) : [];
        const stats = (generated: number, finish: AnswerStats['finish']): AnswerStats => ({
          model: model.id,
          frames,
          tokens: { visual: video ? model.visualTokens : 0, prompt: 64, cached: old ? 40 : 0, generated },
          ms: {
            decode: 312,
            encode: 742,
            prefill: 403,
            generate: generated * 29,
            total: 1_457 + generated * 29,
          },
          finish,
          seed: input.sampling.seed ?? 20_261,
          mixing: video
            ? model.encoders.map((each, i, all) => ({
                encoder: each.id,
                weight: (2 * (i + 1)) / (all.length * (all.length + 1)),
              }))
            : null,
          warnings: [],
        });
        let generated = 0;
        try {
          yield { type: 'started', conversationId: id, questionId: question.id, answerId: answer.id };
          if (!old) {
            yield { type: 'loading', part: 'SmolLM2 135M' };
            await wait(script.stepMs * 6, signal);
          }
          if (script.failure) throw expected(script.failure);
          if (video && !old) {
            yield { type: 'frames', encoders: frames, ms: 312 };
            await wait(script.stepMs * 6, signal);
            for (const [i, encoder] of model.encoders.entries()) {
              await wait(script.stepMs * 6, signal);
              yield {
                type: 'encoder',
                encoder: encoder.id,
                done: i + 1,
                total: model.encoders.length,
                cached: false,
                ms: 371,
              };
            }
          }
          yield { type: 'prompt', visual: video ? model.visualTokens : 0, tokens: 64, cached: old ? 40 : 0 };
          for (const done of [16, 32, 48, 64]) {
            await step(signal);
            yield { type: 'prefill', done, total: 64 };
          }
          for (const piece of script.answer(input.question).match(/\s*\S+/g) ?? []) {
            await step(signal);
            generated += 1;
            keep({ text: answer.text + piece });
            yield { type: 'token', text: piece, generated };
          }
          keep({ state: 'done', stats: stats(generated, 'stop') });
          yield { type: 'done', text: answer.text, stats: stats(generated, 'stop') };
        } catch (error) {
          if (error instanceof ORPCError && script.failure) keep({ state: 'failed', error: script.failure });
          else if (stop.signal.aborted) keep({ state: 'interrupted' });
          else keep({ state: 'stopped', stats: stats(generated, 'cancelled') });
          throw error;
        } finally {
          if (answer.state === 'streaming') keep({ state: 'stopped', stats: stats(generated, 'cancelled') });
        }
      }),
    },
    conversations: {
      list: base.conversations.list.handler(async ({ input }): Promise<ConversationSummary[]> => {
        await wait(0);
        const search = input.search.toLowerCase();
        return [...script.conversations.values()].flatMap((conversation) => {
          const { messages, video: _video, videoMissing: _missing, clip: _clip, ...summary } = conversation;
          if (search === '') return [summary];
          const text = messages
            .map((message) => message.text)
            .find((each) => each.toLowerCase().includes(search));
          if (text === undefined && !summary.title.toLowerCase().includes(search)) return [];
          const at = Math.max(0, (text ?? '').toLowerCase().indexOf(search) - 30);
          return [{ ...summary, excerpt: text === undefined ? null : `…${text.slice(at, at + 110)}…` }];
        });
      }),
      get: base.conversations.get.handler(async ({ input }) => {
        await wait(0);
        return find(input.id);
      }),
      rename: base.conversations.rename.handler(async ({ input }) => {
        script.conversations.set(input.id, { ...find(input.id), title: input.title });
        return {};
      }),
      delete: base.conversations.delete.handler(async ({ input }) => {
        script.deleted.set(input.id, find(input.id));
        script.conversations.delete(input.id);
        return {};
      }),
      restore: base.conversations.restore.handler(async ({ input }) => {
        const kept = script.deleted.get(input.id);
        if (!kept) throw notFound('This conversation');
        script.conversations.set(input.id, kept);
        return {};
      }),
      export: base.conversations.export.handler(async ({ input }) => ({
        fileName: `${find(input.id).title}.${input.format === 'json' ? 'json' : 'md'}`,
        text: JSON.stringify(find(input.id)),
      })),
    },
  };

  return {
    client: createRouterClient(router) as EngineClient,
    beating,
    dead,
    kill: () => {
      stop.abort();
      tell();
    },
  };
}
