/**
 * The way of a question through the starter model, on the sample clip: time before the answer's first token of a first
 * question and of a follow-up, with where it goes. Run: `npx tsx build/bench/answer.ts`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Answerer, createAnswerer } from '../../engine/answering/answerer.ts';
import type { AnswerStats } from '../../engine/contract/ask.ts';
import { samplingSchema } from '../../engine/contract/sampling.ts';
import { onProcessor } from '../../engine/runtime/graph-session.ts';
import { openMemoryDatabase } from '../../engine/store/database.ts';
import type { Folders } from '../../engine/store/folders.ts';
import { createSpeedStore } from '../../engine/store/speeds.ts';
import type { ChatTurn } from '../../engine/text/prompt.ts';
import { findFfmpeg } from '../../engine/video/ffmpeg.ts';
import { type OpenedVideo, openVideo } from '../../engine/video/video.ts';
import { runAlone } from './alone.ts';
import { against, figure, median, table, timed } from './measure.ts';
import { sample, starter } from './places.ts';
import { encodeVideo, openSiglip } from './siglip.ts';

const rounds = 7;
const sampling = samplingSchema.parse({ maxTokens: 24 });

/** One answer: milliseconds before its first token, and its own account. */
interface Asked {
  readonly first: number;
  readonly stats: AnswerStats;
  readonly text: string;
}

export async function run(): Promise<void> {
  console.log('\nAnswer: the starter model on the sample clip, model loaded; milliseconds (median)');
  const folders = await starter();
  const video = await openVideo(sample, { ffmpeg: await findFfmpeg() });
  const siglip = await openSiglip('int8-dynamic');
  const firsts: Asked[] = [];
  const followUps: Asked[] = [];
  const encodings: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const [first, followUp] = await conversation(folders, video);
    const encoding = await timed(() => encodeVideo(siglip, video));
    if (round === 0) continue;
    firsts.push(first);
    followUps.push(followUp);
    encodings.push(encoding);
  }
  await siglip.close();
  const row = (name: string, all: readonly Asked[]): readonly (string | number)[] => [
    name,
    median(all.map(({ first }) => first)),
    ...(['decode', 'encode', 'prefill'] as const).map((stage) =>
      median(all.map(({ stats }) => stats.ms[stage])),
    ),
    all[0]!.stats.tokens.prompt - all[0]!.stats.tokens.cached,
  ];
  table(
    ['', 'before the first token', 'decode', 'encode', 'prefill', 'tokens read'],
    [row('first question', firsts), row('follow-up', followUps)],
  );
  const encoding = median(encodings);
  console.log(
    `  decoding and encoding 16 frames with SigLIP ViT-B/16 at int8, random weights: ${figure(encoding)}`,
  );
  const before = (all: readonly Asked[]): number => median(all.map(({ first }) => first));
  console.log(`  first question ÷ follow-up: ${against(before(firsts) / before(followUps), 20)}`);
  const composed = encoding + median(firsts.map(({ stats }) => stats.ms.prefill));
  console.log(`  the same with SigLIP as the encoder: ${against(composed / before(followUps), 20)}`);
}

/** A first question whose features nobody has kept, and a follow-up, with a model whose sessions are loaded. */
async function conversation(folders: Folders, video: OpenedVideo): Promise<readonly [Asked, Asked]> {
  const cacheFolder = await mkdtemp(join(tmpdir(), 'merv-bench-'));
  const answerer = createAnswerer({
    modelsFolder: folders.models,
    cacheFolder,
    speeds: createSpeedStore(openMemoryDatabase()),
    openGraph: onProcessor,
  });
  try {
    await answerer.warm('starter', new AbortController().signal);
    const question: ChatTurn = { role: 'user', text: 'What is in this video?' };
    // The sessions' first runs allocate: an answer without the video, which keeps nothing that the measured ones use.
    await ask(answerer, null, [question]);
    const first = await ask(answerer, video, [question]);
    const turns: ChatTurn[] = [question, { role: 'assistant', text: first.text }];
    const followUp = await ask(answerer, video, [...turns, { role: 'user', text: 'Is it indoors?' }]);
    return [first, followUp];
  } finally {
    await answerer.close();
    await rm(cacheFolder, { recursive: true, force: true });
  }
}

async function ask(
  answerer: Answerer,
  video: OpenedVideo | null,
  turns: readonly ChatTurn[],
): Promise<Asked> {
  const { signal } = new AbortController();
  const started = performance.now();
  let first: number | null = null;
  for await (const event of answerer.answer({
    modelId: 'starter',
    video,
    clip: null,
    turns,
    sampling,
    signal,
  })) {
    if (event.type === 'token') first ??= performance.now() - started;
    if (event.type === 'done') return { first: first ?? Number.NaN, stats: event.stats, text: event.text };
  }
  throw new Error('the answer had no end');
}

await runAlone(import.meta.url, run);
