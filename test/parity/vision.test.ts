import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type * as z from 'zod';
import { VisualPath } from '../../engine/answering/visual-path.ts';
import type { Encoder, ResizeStrategy } from '../../engine/models/encoder.ts';
import { encoderOf } from '../../engine/models/encoder-families.ts';
import type { ModelEncoder } from '../../engine/models/model.ts';
import { writeEncoder } from '../../engine/models/write-graphs.ts';
import { GraphWriter } from '../../engine/nn/onnx/graph.ts';
import { onnxOps } from '../../engine/nn/onnx/ops.ts';
import type { LinearPrecision } from '../../engine/nn/precision.ts';
import type { Weights } from '../../engine/nn/weights.ts';
import { EncoderSession } from '../../engine/runtime/encoder-session.ts';
import { onProcessor } from '../../engine/runtime/graph-session.ts';
import { openTensors } from '../../engine/weights/open.ts';
import type { TensorSource } from '../../engine/weights/tensor-source.ts';
import { decodedFrames, mirrored, prepared, visionMetaSchema } from './clip.ts';
import { fixturesFolder, foldersWith, largestDifference, readJson, readNpyGz } from './fixtures.ts';
import { fp16Tolerance, relativeError, toleranceBeside } from './precision.ts';

const strategies: readonly ResizeStrategy[] = ['resize-naive', 'resize-crop', 'letterbox'];

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'merv-parity-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

interface Opened {
  readonly encoder: Encoder;
  readonly weights: Weights;
}

/** The encoder of a fixture folder with its weights in one of the files there. */
async function open<T>(
  name: string,
  mervId: string,
  file: string,
  use: (opened: Opened) => Promise<T> | T,
): Promise<T> {
  const source = await openTensors(join(fixturesFolder, 'vision', name, file));
  try {
    return await use(encoderOf(mervId, await readJson('vision', name, 'config.json'), source));
  } finally {
    await source.close();
  }
}

/** Linear layers that an encoder computes one after the other; those that share an input count as one. */
function linearsOf({ encoder, weights }: Opened): number {
  const { size } = encoder.spec;
  const writer = new GraphWriter();
  const ops = onnxOps(writer, weights, 'fp32');
  let count = 0;
  const counting = {
    ...ops,
    linear: (...given: Parameters<typeof ops.linear>) => {
      count++;
      return ops.linear(...given);
    },
    linears: (...given: Parameters<typeof ops.linears>) => {
      count++;
      return ops.linears(...given);
    },
  };
  encoder.build(counting, writer.input('pixels', 'float32', ['frames', 3, size, size]));
  return count;
}

/** Prepared frames [F, size, size, 3] as pixel values [3, F, size, size]. */
function pixelValues(levels: ArrayLike<number>, { normalisation: { mean, std } }: Encoder['spec']) {
  const count = levels.length / 3;
  return Float32Array.from({ length: levels.length }, (_, i) => {
    const channel = Math.floor(i / count);
    const at = i % count;
    return (levels[at * 3 + channel]! / 255 - mean[channel]!) / std[channel]!;
  });
}

const folders = await foldersWith('meta.json', 'vision');
const cases: { name: string; meta: z.infer<typeof visionMetaSchema>; tensors: readonly string[] }[] = [];
for (const name of folders) {
  const meta = visionMetaSchema.parse(await readJson('vision', name, 'meta.json'));
  const expected = await openTensors(join(fixturesFolder, 'vision', name, 'expected.safetensors'));
  cases.push({ name, meta, tensors: [...expected.tensors.keys()] });
  await expected.close();
}

describe('vision encoders', () => {
  it('has fixtures', () => expect(cases.length).toBeGreaterThan(0));

  describe.each(cases)('$name', ({ name, meta, tensors }) => {
    const folder = join(fixturesFolder, 'vision', name);
    const files = readdirSync(folder).filter(
      (file) => /\.(safetensors|bin)$/.test(file) && file !== 'expected.safetensors',
    );
    const encoder = () => open(name, meta.merv_id, files[0]!, (opened) => opened.encoder);
    const indexes = meta.frame_indexes;

    const pixelFile = (strategy: ResizeStrategy) => `pixels_u8.${strategy}.npy.gz`;
    const resized = strategies.filter((strategy) => existsSync(join(folder, pixelFile(strategy))));
    it('says of every strategy what it gives', () => {
      expect(Object.keys(meta.strategies).sort()).toEqual([...resized].sort());
    });

    it.each(resized)('resizes as Pillow does: %s', async (strategy) => {
      const expected = await readNpyGz('vision', name, pixelFile(strategy));
      // Where the folder does not say which frames were saved, they are spread evenly.
      const count = expected.shape[0]!;
      const spread = Array.from(
        { length: count },
        (_, i) => indexes[Math.floor((i * indexes.length) / count)]!,
      );
      const saved = meta.strategies[strategy]!.frames_saved ?? spread;
      expect(largestDifference(await prepared(await encoder(), strategy, saved), expected.data)).toBe(0);
    });

    const expected = async <T>(use: (source: TensorSource) => Promise<T>) => {
      const source = await openTensors(join(folder, 'expected.safetensors'));
      return use(source).finally(() => source.close());
    };

    // pixel_values.frame0, pixel_values.frames_0_9: places in the list of frames, [3, frames, size, size]. `flipped.` is
    // the reference's random mirroring of LanguageBind's pixels, also when it answers, which is never done here.
    const pixels = tensors.filter((key) => /^(flipped\.)?pixel_values\.frames?[_\d]+$/.test(key));
    it.each(pixels)('gives the same %s', async (key) => {
      const { spec } = await encoder();
      const chosen = key.match(/\d+/g)!.map((place) => indexes[Number(place)]!);
      const upright = await prepared({ spec }, 'resize-naive', chosen);
      const levels = key.startsWith('flipped.') ? mirrored(upright, spec.size) : upright;
      const values = await expected((source) => source.read(key));
      // Equal bytes differ by the rounding of three float32 operations on values below 4.
      const atol = meta.tolerance.pixel_values_atol ?? 3 * 2 ** -22;
      expect(largestDifference(pixelValues(levels, spec), values)).toBeLessThan(atol);
    });

    it.runIf(tensors.includes('pos_embed_after_load'))(
      'fits the position embedding as timm does',
      async () => {
        const ours = await open(name, meta.merv_id, files[0]!, ({ weights }) => weights.read('pos_embed'));
        const values = await expected((source) => source.read('pos_embed_after_load'));
        expect(relativeError(ours, values)).toBeLessThan(1e-6);
      },
    );

    const features = (precision: LinearPrecision, file: string, frames = indexes, turned = false) =>
      open(name, meta.merv_id, file, async (opened) => {
        const graph = join(scratch, `${name}-${precision}-${file}.onnx`);
        await writeEncoder(graph, opened.encoder, opened.weights, { precision });
        const session = await EncoderSession.open(graph);
        const { spec } = opened.encoder;
        const upright = await prepared(opened.encoder, 'resize-naive', frames);
        const values = await session.encode(turned ? mirrored(upright, spec.size) : upright, spec.size);
        await session.close();
        expect(values.length).toBe((frames.length / spec.framesPerStep) * spec.tokens * spec.width);
        return { values, linears: linearsOf(opened) };
      });
    const expectedFeatures = () => expected((source) => source.read('features'));

    it.each(files)('gives the same features at fp32 from %s', async (file) => {
      const { values } = await features('fp32', file);
      const difference = largestDifference(values, await expectedFeatures());
      expect(difference).toBeLessThan(meta.tolerance.features_atol);
    });

    // flipped.features: of mirrored frames; features_first8frames: of fewer.
    const variants = tensors.flatMap((key) => {
      const first = /^features_first(\d+)frames$/.exec(key)?.[1];
      if (first !== undefined) return [{ key, frames: indexes.slice(0, Number(first)), turned: false }];
      return key === 'flipped.features' ? [{ key, frames: indexes, turned: true }] : [];
    });
    it.each(variants)('gives the same $key', async ({ key, frames, turned }) => {
      const { values } = await features('fp32', files[0]!, frames, turned);
      const wanted = await expected((source) => source.read(key));
      expect(largestDifference(values, wanted)).toBeLessThan(meta.tolerance.features_atol);
    });

    it('gives the same features where an answer asks for them, clip by clip', async () => {
      const graph = `${name}-answer.onnx`;
      const spec = await open(name, meta.merv_id, files[0]!, async (opened) => {
        await writeEncoder(join(scratch, graph), opened.encoder, opened.weights, { precision: 'fp32' });
        return opened.encoder.spec;
      });
      const frames = indexes.length;
      const { normalisation, ...shape } = spec;
      const bundled: ModelEncoder['spec'] = {
        ...shape,
        ...{ role: 'encoder', graph, strategy: 'resize-naive', mean: [...normalisation.mean] },
      };
      const part: ModelEncoder['part'] = {
        ...{ format: 1, key: name, role: 'encoder', id: name, name, precision: 'fp32', licence: '' },
        ...{ origin: { kind: 'local', path: folder }, inputs: [], files: [], quality: null, spec: bundled },
      };
      const eye = { id: name, frames, visualTokens: 0, folder: scratch, spec: bundled, part };
      const path = new VisualPath({ encoders: [eye], visual: null }, onProcessor, () => {});
      const encoding = path.encode(eye, await decodedFrames(indexes));
      let step = await encoding.next();
      while (step.done !== true) step = await encoding.next();
      await path.release();
      const difference = largestDifference(step.value, await expectedFeatures());
      expect(difference).toBeLessThan(meta.tolerance.features_atol);
    });

    it('stays within its derived tolerances at fp16 and int8', async () => {
      const reference = await expectedFeatures();
      const half = await features('fp16', files[0]!);
      const error = relativeError(half.values, reference);
      expect(error).toBeLessThan(fp16Tolerance(half.linears));
      const { values } = await features('int8-dynamic', files[0]!);
      expect(relativeError(values, reference)).toBeLessThan(toleranceBeside('int8-dynamic', error));
    });
  });
});
