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
import { threadCount } from '../../engine/runtime/session.ts';
import { runAlone } from './alone.ts';
import { median, table } from './measure.ts';
import { startPeer } from './peers.ts';

const [layers, hidden, inner, vocab, batch, length] = [12, 576, 1536, 8192, 4, 128];
const rounds = 5;
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

const modes = {
  'everything learns': { checkpointing: false, align: false },
  'everything learns, checkpointing': { checkpointing: true, align: false },
  'projector learns': { checkpointing: false, align: true },
} as const;

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

export async function run(): Promise<void> {
  console.log(
    `\nTraining step, fp32: LLaMA of ${layers} layers, ${hidden} wide, ${vocab} ids, ${batch} × ${length} tokens`,
  );
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
  const rows: (readonly (string | number)[])[] = [];
  for (const [name, mode] of Object.entries(modes)) {
    const save = await mkdtemp(join(tmpdir(), 'merv-bench-'));
    const settings = { config, threads: threadCount(), save, visual: 64, width: 256, ...mode };
    const peer = await startPeer('torch_train', settings);
    if (peer === null) return;
    const step = (ids: readonly (readonly number[])[]) => peer.ask({ do: 'step', ids }) as Promise<Answer>;
    rows.push([name, ...(await compare({ step, close: peer.close }, await ours(settings)))]);
    await rm(save, { recursive: true });
  }
  table(
    ['ours ÷ PyTorch', 'time', 'CPU time', 'peak memory', 'ms', 'CPU ms', 'MiB', 'loss differs by'],
    rows,
  );
}

/** Steps of both in turn on the same data; the first is dropped. */
async function compare(peer: Side, us: Side): Promise<readonly (string | number)[]> {
  const [theirs, own]: Answer[][] = [[], []];
  for (let round = 0; round <= rounds; round++) {
    const ids = Array.from({ length: batch }, (_, b) =>
      Array.from({ length }, (_, t) => (7 * b + 13 * t + 101 * round + t * t) % vocab),
    );
    theirs!.push(await peer.step(ids));
    own!.push(await us.step(ids));
  }
  peer.close();
  us.close();
  const of = (answers: readonly Answer[], key: 'ms' | 'cpu') => median(answers.slice(1).map((a) => a[key]));
  const peak = (answers: readonly Answer[]) => answers.at(-1)!.peak;
  const ratio = (value: number) => value.toFixed(2);
  const difference = Math.max(...own!.map((answer, i) => Math.abs(answer.loss - theirs![i]!.loss)));
  return [
    ratio(of(own!, 'ms') / of(theirs!, 'ms')),
    ratio(of(own!, 'cpu') / of(theirs!, 'cpu')),
    ratio(peak(own!) / peak(theirs!)),
    `${of(own!, 'ms').toFixed(0)} : ${of(theirs!, 'ms').toFixed(0)}`,
    `${of(own!, 'cpu').toFixed(0)} : ${of(theirs!, 'cpu').toFixed(0)}`,
    `${(peak(own!) / 2 ** 20).toFixed(0)} : ${(peak(theirs!) / 2 ** 20).toFixed(0)}`,
    difference.toExponential(1),
  ];
}

await runAlone(import.meta.url, run);
