/**
 * What a 7B model would give here: one decoder layer of its shape and its head at int4 are timed, the model's speed is
 * extrapolated from them. Run: `npx tsx build/bench/large-layer.ts`.
 */
import { writeLanguageModel } from '../../engine/models/write-graphs.ts';
import { LanguageModel } from '../../engine/runtime/language-model.ts';
import { runAlone } from './alone.ts';
import { decoderConfig, decoderShapes } from './decoder-shapes.ts';
import { figure, interleaved, table, timed } from './measure.ts';
import { keptGraph } from './places.ts';
import { randomSource } from './random-weights.ts';

/** LLaMA-2-7B: 32 such layers. */
const shape = { hidden: 4096, inner: 11_008, vocab: 32_000, layers: 32 };
/** Two graphs of so many layers: their difference is free of the head. */
const depths = [1, 3] as const;
const contexts = [128, 1024] as const;
const chunk = 256;
const rounds = 5;

export async function run(): Promise<void> {
  console.log(`\n7B-shaped layers at int4 (${shape.hidden} wide), random weights`);
  const models = await Promise.all(depths.map(open));
  const rows: (string | number)[][] = [];
  for (const context of contexts) {
    for (const model of models) await fill(model, context);
    const decode = await both(models, context, 1);
    const prefill = await both(models, context - (context % chunk || chunk), Math.min(chunk, context));
    const layer = (decode.three - decode.one) / 2;
    const whole = decode.one + (shape.layers - 1) * layer;
    const wholePrefill = prefill.one + ((shape.layers - 1) * (prefill.three - prefill.one)) / 2;
    const tokens = Math.min(chunk, context);
    rows.push([context, layer, decode.one - layer, 1000 / whole, (1000 * tokens) / wholePrefill]);
  }
  await Promise.all(models.map((model) => model.close()));
  table(
    ['context', 'ms a layer', 'ms head', 'tokens/s, 32 layers', 'prompt tokens/s, 32 layers'],
    rows.map((row) => [String(row[0]), ...row.slice(1)]),
  );
  const [{ layers, hidden, inner, vocab }] = [shape];
  const bytes = (layers * (4 * hidden ** 2 + 3 * hidden * inner) + vocab * hidden) * 0.625;
  console.log(
    `  extrapolated, not measured: ${layers} × one layer + head; a token reads ${figure(bytes / 1e9)} GB of weights`,
  );
}

async function open(layers: number): Promise<LanguageModel> {
  const size = { ...shape, layers };
  const config = decoderConfig(size);
  const file = await keptGraph(`layers-${layers}-int4`, (target) =>
    writeLanguageModel(target, config, randomSource(decoderShapes(size)), { precision: 'int4' }),
  );
  const { kvHeads, hidden, rope } = config;
  return LanguageModel.open(file, { layers, kvHeads, hidden, headDim: rope.headDim });
}

const rowsOf = (count: number): Float32Array => new Float32Array(count * shape.hidden).fill(0.01);

async function fill(model: LanguageModel, context: number): Promise<void> {
  model.truncate(0);
  for (let done = 0; done < context; done += chunk)
    await model.forward(rowsOf(Math.min(chunk, context - done)));
}

/** Milliseconds of reading `tokens` at once behind `before` that are kept. */
async function both(models: readonly LanguageModel[], before: number, tokens: number) {
  const once = (model: LanguageModel) => async () => {
    model.truncate(before);
    return timed(() => model.forward(rowsOf(tokens)));
  };
  return interleaved({ one: once(models[0]!), three: once(models[1]!) }, rounds);
}

await runAlone(import.meta.url, run);
