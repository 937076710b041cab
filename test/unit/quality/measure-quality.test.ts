import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Quality } from '../../../engine/contract/models.ts';
import { compareFeatures, LogitFigures } from '../../../engine/hub/quality/figures.ts';
import { measureQuality, type QualityReference } from '../../../engine/hub/quality/measure-quality.ts';
import { probeFrames, probeIds } from '../../../engine/hub/quality/probe.ts';
import { encoderOf } from '../../../engine/models/encoder-families.ts';
import { fromHuggingFace } from '../../../engine/models/llama-config.ts';
import type { PartSpec } from '../../../engine/models/part.ts';
import {
  writeEmbeddingTable,
  writeEncoder,
  writeLanguageModel,
} from '../../../engine/models/write-graphs.ts';
import type { LinearPrecision } from '../../../engine/nn/precision.ts';
import { EncoderSession } from '../../../engine/runtime/encoder-session.ts';
import { LanguageModel } from '../../../engine/runtime/language-model.ts';
import { openTensors } from '../../../engine/weights/open.ts';
import type { TensorSource } from '../../../engine/weights/tensor-source.ts';
import { fixturesFolder } from '../../parity/fixtures.ts';

let scratch: string;
const opened: TensorSource[] = [];
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'merv-quality-'));
});
afterAll(async () => {
  for (const source of opened) await source.close();
  await rm(scratch, { recursive: true, force: true });
});

interface Made {
  readonly folder: string;
  readonly spec: PartSpec;
  readonly reference: QualityReference;
}

async function source(name: string) {
  const folder = join(fixturesFolder, name);
  const weights = await openTensors(folder);
  opened.push(weights);
  return { weights, config: JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')) as unknown };
}

async function languageModel(precision: LinearPrecision): Promise<Made> {
  const { weights, config: json } = await source('llama-tiny');
  const config = fromHuggingFace(json, 4096);
  const folder = await mkdtemp(join(scratch, `llama-${precision}-`));
  await writeLanguageModel(join(folder, 'model.onnx'), config, weights, { precision });
  await writeEmbeddingTable(join(folder, 'rows'), weights, 'float32');
  const { layers, kvHeads, hidden, vocab, rope } = config;
  const spec: PartSpec = {
    ...{ role: 'languageModel', graph: 'model.onnx', embeddings: 'rows', embeddingType: 'float32' },
    ...{ layers, kvHeads, headDim: rope.headDim, hidden, vocab, contextLength: rope.positions },
  };
  return { folder, spec, reference: { role: 'languageModel', config, weights, tokenizer: null } };
}

async function encoder(precision: LinearPrecision): Promise<Made> {
  const { weights: all, config } = await source('vision/siglip-tiny');
  const { encoder, weights } = encoderOf('siglip-vit-b16-224px-all-no-cls', config, all);
  const folder = await mkdtemp(join(scratch, `siglip-${precision}-`));
  await writeEncoder(join(folder, 'encoder.onnx'), encoder, weights, { precision });
  const { normalisation, ...shape } = encoder.spec;
  const spec: PartSpec = {
    ...shape,
    ...{ role: 'encoder', graph: 'encoder.onnx', strategy: 'resize-naive', mean: [...normalisation.mean] },
  };
  return { folder, spec, reference: { role: 'encoder', encoder, weights } };
}

async function quality(made: Made): Promise<Quality> {
  // Small stretches, so that the cutting is tried on small models too.
  return measureQuality({ ...made, signal: new AbortController().signal, segmentBytes: 100_000 });
}

const logits = (measured: Quality) => {
  if (measured.kind !== 'logits') throw new Error('not of a language model');
  return measured;
};
const features = (measured: Quality) => {
  if (measured.kind !== 'features') throw new Error('not of an encoder');
  return measured;
};

describe('of a language model', () => {
  it('is perfect at fp32 and worse the fewer bits there are', async () => {
    const [fp32, int8, int4] = [
      logits(await quality(await languageModel('fp32'))),
      logits(await quality(await languageModel('int8'))),
      logits(await quality(await languageModel('int4'))),
    ];
    expect(fp32.meanKl).toBeLessThan(1e-8);
    expect(fp32.greedyAgreement).toBe(1);
    expect(int8.meanKl).toBeGreaterThan(fp32.meanKl);
    expect(int4.meanKl).toBeGreaterThan(3 * int8.meanKl);
    expect(int4.maxKl).toBeGreaterThanOrEqual(int4.meanKl);
    expect(int4.tokens).toBe(64);
  });

  it('agrees with the same computed directly from both graphs', async () => {
    const [part, reference] = [await languageModel('int8-dynamic'), await languageModel('fp16')];
    const run = async ({ folder, spec, reference }: Made) => {
      if (spec.role !== 'languageModel' || reference.role !== 'languageModel') throw new Error('no model');
      const model = await LanguageModel.open(join(folder, 'model.onnx'), spec);
      const table = await reference.weights.read('model.embed_tokens.weight');
      const all: Float32Array[] = [];
      for (const id of probeIds(spec.vocab, null))
        all.push(await model.forward(table.slice(id * spec.hidden, (id + 1) * spec.hidden)));
      await model.close();
      return all;
    };
    const [ours, theirs] = [await run(part), await run(reference)];
    const soft = (values: Float32Array) => {
      const exp = [...values].map(Math.exp);
      const sum = exp.reduce((a, b) => a + b, 0);
      return exp.map((e) => e / sum);
    };
    const kls = ours.map((values, i) => {
      const q = soft(values);
      return soft(theirs[i]!).reduce((sum, p, j) => sum + p * Math.log(p / q[j]!), 0);
    });
    const direct = kls.reduce((a, b) => a + b, 0) / kls.length;
    // fp16 stands for fp32 there: its own divergence is thousands of times smaller than int8's.
    expect(logits(await quality(part)).meanKl).toBeCloseTo(direct, 4);
    expect(direct).toBeGreaterThan(1e-4);
  });
});

describe('of an encoder', () => {
  it('is perfect at fp32, nearly so at fp16 and less at int8', async () => {
    const [fp32, fp16, int8] = [
      features(await quality(await encoder('fp32'))),
      features(await quality(await encoder('fp16'))),
      features(await quality(await encoder('int8-dynamic'))),
    ];
    expect(fp32.minCosine).toBeGreaterThan(1 - 1e-6);
    expect(fp16.minCosine).toBeGreaterThan(1 - 1e-4);
    expect(int8.meanCosine).toBeLessThan(fp16.meanCosine);
    expect(int8.minCosine).toBeLessThanOrEqual(int8.meanCosine);
  });

  it('agrees with the same computed directly from both graphs', async () => {
    const computed = async ({ folder, spec }: Made) => {
      if (spec.role !== 'encoder') throw new Error('no encoder');
      const session = await EncoderSession.open(join(folder, 'encoder.onnx'));
      const result = await session.encode(probeFrames(4, spec.size), spec.size);
      await session.close();
      return { result, spec };
    };
    const part = await encoder('int4');
    const [{ result, spec }, { result: expected }] = [
      await computed(part),
      await computed(await encoder('fp32')),
    ];
    const measured = features(await quality(part));
    expect(measured.meanCosine).toBeCloseTo(compareFeatures(result, expected, spec.width).meanCosine, 5);
    expect(measured.meanCosine).toBeLessThan(0.9999);
    expect(measured.tokens).toBe(4 * spec.tokens);
  });
});

it('stops when it is told to', async () => {
  const stop = new AbortController();
  const measuring = measureQuality({
    ...(await languageModel('int8')),
    signal: stop.signal,
    onProgress: (done) => done > 0 && stop.abort(),
  });
  await expect(measuring).rejects.toMatchObject({ code: 'cancelled' });
});

it('counts agreement and divergence position by position', () => {
  const figures = new LogitFigures();
  figures.add(Float32Array.of(0, 0), Float32Array.of(0, 0));
  figures.add(Float32Array.of(0, Math.log(3)), Float32Array.of(Math.log(3), 0));
  // p = (3/4, 1/4), q = (1/4, 3/4): KL = ln 3 / 2.
  expect(figures.figures).toMatchObject({ greedyAgreement: 0.5, tokens: 2 });
  expect(figures.figures.maxKl).toBeCloseTo(Math.log(3) / 2, 6);
  expect(figures.figures.meanKl).toBeCloseTo(Math.log(3) / 4, 6);
});
