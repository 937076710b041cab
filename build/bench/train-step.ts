/**
 * A training step of a small LLaMA next to PyTorch eager with the same libtorch, weights, data and threads: time,
 * processor time and the most memory either process ever held. Run: `npx tsx build/bench/train-step.ts`.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { loadTorch } from '../../engine/native/load.ts';
import type { Tensor } from '../../engine/native/tensor.ts';
import { threadCount } from '../../engine/runtime/session.ts';
import { runAlone } from './alone.ts';
import { median, table } from './measure.ts';
import { startPeer } from './peers.ts';

const [hidden, inner] = [576, 1536];
const rounds = 4;
const addon = fileURLToPath(new URL('../../.cache/native/merv-torch.node', import.meta.url));

export interface TrainSettings {
  readonly config: object;
  readonly threads: number;
  /** Where the peer saves its weights and we read them. */
  readonly save: string;
  readonly checkpointing: boolean;
  /** The language model is frozen and a projector learns; otherwise everything does. */
  readonly align: boolean;
  /** Visual tokens an example, and their width, when a projector learns. */
  readonly visual: number;
  readonly width: number;
}

interface Mode extends Pick<TrainSettings, 'checkpointing' | 'align'> {
  readonly layers: number;
  readonly vocab: number;
  readonly batch: number;
  /** Tokens of an example. */
  readonly length: number;
}
const small = { layers: 8, vocab: 8192, batch: 4, length: 128 };
const modes: Readonly<Record<string, Mode>> = {
  'everything learns': { ...small, checkpointing: false, align: false },
  'everything learns, checkpointing': { ...small, checkpointing: true, align: false },
  'projector learns': { ...small, checkpointing: false, align: true },
  // As many ids as SmolLM2 has: the logits of a batch are the largest thing there is.
  'projector learns, many ids': {
    ...{ layers: 2, vocab: 49_152, batch: 2, length: 512 },
    ...{ checkpointing: false, align: true },
  },
};

interface Answer {
  readonly ms: number;
  readonly cpu: number;
  readonly loss: number;
  /** Bytes. */
  readonly peak: number;
}

interface Side {
  step(ids: readonly (readonly number[])[]): Promise<Answer>;
  close(): void;
}

async function ours(settings: TrainSettings): Promise<Side> {
  const script = fileURLToPath(new URL('./train-step-child.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, JSON.stringify({ ...settings, addon })], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const receive = async () => JSON.parse((await lines.next()).value as string) as Answer;
  await receive();
  return {
    step: (ids) => {
      child.stdin.write(`${JSON.stringify({ ids })}\n`);
      return receive();
    },
    close: () => child.stdin.end(),
  };
}

/** Microseconds of the smallest operations, checked and scoped: what the binding itself costs. */
function bindingCost(): void {
  const { torch } = loadTorch({ candidates: [addon], cuda: null });
  const count = 20_000;
  const cost = (work: (x: Tensor) => unknown) =>
    torch.scope(() => {
      const x = torch.from(Float32Array.of(1, 2, 3, 4), [2, 2]);
      const rounds = Array.from({ length: 5 }, () => {
        const start = performance.now();
        torch.scope(() => {
          for (let i = 0; i < count; i++) work(x);
        });
        return ((performance.now() - start) * 1000) / count;
      });
      return median(rounds);
    });
  table(
    ['binding, on 2 × 2', 'µs'],
    [
      ['add', cost((x) => torch.add(x, x))],
      ['reshape', cost((x) => torch.reshape(x, [4]))],
      ['matmul', cost((x) => torch.matmul(x, x))],
      ['empty scope', cost(() => torch.scope(() => null))],
    ],
  );
}

export async function run(): Promise<void> {
  bindingCost();
  console.log(`\nTraining step, fp32: LLaMA, ${hidden} wide, next to PyTorch eager`);
  for (const [name, { layers, vocab, batch, length, ...mode }] of Object.entries(modes)) {
    const config = {
      hidden_size: hidden,
      intermediate_size: inner,
      num_hidden_layers: layers,
      num_attention_heads: 9,
      num_key_value_heads: 3,
      vocab_size: vocab,
      rms_norm_eps: 1e-6,
      max_position_embeddings: 2048,
      tie_word_embeddings: false,
    };
    const save = await mkdtemp(join(tmpdir(), 'merv-bench-'));
    const settings = { config, threads: threadCount(), save, visual: 64, width: 256, ...mode };
    const peer = await startPeer('torch_train', settings);
    if (peer === null) return;
    const step = (ids: readonly (readonly number[])[]) => peer.ask({ do: 'step', ids }) as Promise<Answer>;
    const rows = (round: number) =>
      Array.from({ length: batch }, (_, b) =>
        Array.from({ length }, (_, t) => (7 * b + 13 * t + 101 * round + t * t) % vocab),
      );
    const figures = await compare({ step, close: peer.close }, await ours(settings), rows);
    await rm(save, { recursive: true });
    console.log(`  ${layers} layers, ${vocab} ids, ${batch} × ${length} tokens`);
    table(
      [name, 'ours', 'PyTorch', 'ours ÷ PyTorch'],
      Object.entries(figures).map(([what, [own, theirs]]) => [what, own, theirs, (own / theirs).toFixed(2)]),
    );
  }
}

/** Steps of both in turn on the same data; the first is dropped. */
async function compare(
  peer: Side,
  us: Side,
  rows: (round: number) => readonly (readonly number[])[],
): Promise<Readonly<Record<string, readonly [number, number]>>> {
  const own: Answer[] = [];
  const theirs: Answer[] = [];
  for (let round = 0; round <= rounds; round++) {
    const ids = rows(round);
    theirs.push(await peer.step(ids));
    own.push(await us.step(ids));
  }
  peer.close();
  us.close();
  const both = (of: (answers: readonly Answer[]) => number) => [of(own), of(theirs)] as const;
  return {
    'ms a step': both((answers) => median(answers.slice(1).map(({ ms }) => ms))),
    'CPU ms a step': both((answers) => median(answers.slice(1).map(({ cpu }) => cpu))),
    'peak memory, MiB': both((answers) => answers.at(-1)!.peak / 2 ** 20),
    'loss of the last step': both((answers) => answers.at(-1)!.loss),
  };
}

await runAlone(import.meta.url, run);
