import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ProviderName, providerNames, type Settings } from '../../../engine/contract/settings.ts';
import { GraphWriter } from '../../../engine/nn/onnx/graph.ts';
import { onnxOps } from '../../../engine/nn/onnx/ops.ts';
import { saveGraph } from '../../../engine/nn/onnx/save-graph.ts';
import { inChild } from '../../../engine/runtime/child.ts';
import { chooseProvider } from '../../../engine/runtime/choose-provider.ts';
import { GraphSession } from '../../../engine/runtime/graph-session.ts';
import { createPlacement, type PlacementOptions } from '../../../engine/runtime/placement.ts';
import { type ProviderProbe, probeProviders } from '../../../engine/runtime/providers.ts';
import { float32, type Session } from '../../../engine/runtime/session.ts';
import { tryGraph } from '../../../engine/runtime/try-graph.ts';

const size = 64;
let folder: string;
let file: string;

/** y = 2 · x at int8, as an encoder's linear layers are written. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'merv-placement-'));
  file = join(folder, 'double.onnx');
  const double = new Float32Array(size * size).map((_, i) => (i % (size + 1) === 0 ? 2 : 0));
  const weights = {
    tensors: new Map([['twice.weight', { shape: [size, size] }]]),
    read: async () => double,
  };
  const writer = new GraphWriter();
  const x = writer.input('x', 'float32', ['rows', size]);
  writer.output('y', onnxOps(writer, weights, 'int8-dynamic').linear(x, 'twice'));
  await saveGraph(file, writer.contents);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const probe = (name: ProviderName, about: Partial<ProviderProbe> = {}): ProviderProbe => ({
  name,
  title: name,
  available: true,
  detail: 'works',
  speedup: 8,
  ...about,
});

/** A placement over `facts`, with what it said and how often it tried a graph. */
function placed(about: Partial<PlacementOptions> & { readonly wanted?: () => Settings['providers'] }) {
  const notices: string[] = [];
  let kept: string | null = null;
  const placement = createPlacement({
    wanted: () => ({ encoder: 'auto', visual: 'auto', languageModel: 'auto' }),
    memory: {
      read: () => kept,
      write(text) {
        kept = text;
      },
    },
    ...about,
  });
  const open = () =>
    placement.openGraph({ file, role: 'encoder', title: 'SigLIP' }, (sentence) => notices.push(sentence));
  return { placement, open, notices };
}

async function doubled(session: GraphSession): Promise<number> {
  const x = float32(new Float32Array(size).fill(1), [1, size]);
  const { y } = await session.run({ x }, ['y']);
  await session.release();
  return y[0]!;
}

it('finds the processor, and a reason for every provider that does not work', async () => {
  const probes = await probeProviders();
  expect(probes.map(({ name }) => name)).toEqual([...providerNames]);
  expect(probes[0]).toMatchObject({ name: 'cpu', available: true, speedup: 1 });
  for (const { detail } of probes) expect(detail).not.toBe('');
  expect(probes.some(({ available }) => !available)).toBe(true);
}, 120_000);

it('outlives the native end of a process that tries something', async () => {
  const outcome = await inChild('process.abort()', [], 20_000);
  expect(outcome).toEqual({ ok: false, reason: 'it ended the process that it was tried in' });
});

it('gives up on a process that hangs', async () => {
  const outcome = await inChild('setInterval(() => {}, 1000)', [], 500);
  expect(outcome).toEqual({ ok: false, reason: 'it did not answer within 0.5 seconds' });
});

it('computes on the processor, and says why, when a provider turns out not to load the graph', async () => {
  // No platform's ONNX Runtime has all of them, so that one at least fails for real.
  const states = await probeProviders();
  const absent = states.find(({ available }) => !available)!.name;
  const { open, notices } = placed({
    wanted: () => ({ encoder: absent, visual: 'auto', languageModel: 'auto' }),
    probe: async () => [probe('cpu'), probe(absent)],
  });
  expect(await doubled(await open())).toBeCloseTo(2, 1);
  expect(notices).toHaveLength(1);
  expect(notices[0]).toMatch(/^SigLIP was computed on the processor instead of with .+: .+\.$/);
}, 120_000);

it('says that a chosen provider is not there', async () => {
  const { open, notices } = placed({
    wanted: () => ({ encoder: 'cuda', visual: 'auto', languageModel: 'auto' }),
    probe: async () => [probe('cpu'), probe('cuda', { available: false, detail: 'no libraries' })],
  });
  expect(await doubled(await open())).toBeCloseTo(2, 1);
  expect(notices).toEqual([
    'SigLIP: CUDA was chosen, but cannot be used (no libraries): the processor computes instead.',
  ]);
});

it('tries a graph once and remembers what came of it, until its file changes', async () => {
  let trials = 0;
  const { open, notices } = placed({
    probe: async () => [probe('cpu'), probe('cuda')],
    trial: async () => {
      trials += 1;
      return { works: false, reason: 'its memory does not suffice' };
    },
  });
  await (await open()).release();
  await (await open()).release();
  expect(trials).toBe(1);
  expect(notices).toHaveLength(2);
});

it('knows from a run which operators a provider leaves to the processor', async () => {
  expect(await tryGraph({ file }, 'cpu')).toEqual({ works: true, left: ['DynamicQuantizeMatMul'] });
}, 60_000);

it('keeps a part on the processor whose operators the provider lacks', async () => {
  const { open, notices } = placed({
    probe: async () => [probe('cpu'), probe('cuda')],
    trial: async () => ({ works: true, left: ['DynamicQuantizeMatMul'] }),
  });
  expect(await doubled(await open())).toBeCloseTo(2, 1);
  expect(notices).toEqual([
    'SigLIP was computed on the processor instead of with CUDA: CUDA does not compute DynamicQuantizeMatMul, which it needs at this precision.',
  ]);
});

it('goes on on the processor when a device fails in the middle', async () => {
  const failing = {
    run: () => Promise.reject(new Error('CUDA error 700: an illegal memory access')),
    release: () => Promise.reject(new Error('lost')),
  } as unknown as Session;
  const notices: string[] = [];
  const part = { file, role: 'encoder', title: 'SigLIP' } as const;
  const session = new GraphSession(part, failing, 'cuda', (sentence) => notices.push(sentence));
  expect(await doubled(session)).toBeCloseTo(2, 1);
  expect(notices[0]).toContain('it failed: CUDA error 700');
});

it('takes the best provider by itself only where it is worth its copies', () => {
  const nothing = chooseProvider('auto', [probe('cpu'), probe('cuda', { available: false })]);
  expect(nothing).toMatchObject({ name: 'cpu', isFallback: false });
  const slow = [probe('cpu'), probe('webgpu', { speedup: 0.3 })];
  expect(chooseProvider('auto', slow)).toMatchObject({ name: 'cpu', isFallback: false });
  expect(chooseProvider('webgpu', slow)).toMatchObject({ name: 'webgpu', isFallback: false });
  expect(chooseProvider('auto', [probe('webgpu'), probe('cuda')]).name).toBe('cuda');
});
