import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import type { ProviderName } from '../contract/settings.ts';
import { inChild } from './child.ts';
import type { GraphPlace } from './session.ts';

/** Sizes of a graph's named dimensions; 1 for those that are not named. */
export type GraphSizes = Readonly<Record<string, number>>;

export const graphTrialSchema = z.discriminatedUnion('works', [
  z.object({
    works: z.literal(true),
    /** Operators that do nearly all the work and that the provider left to the processor. */
    left: z.array(z.string()),
  }),
  z.object({ works: z.literal(false), reason: z.string() }),
]);
export type GraphTrial = z.infer<typeof graphTrialSchema>;

/** The operators in which nearly all the time of our graphs goes. */
const heavy = [
  'MatMul',
  'FusedMatMul',
  'Gemm',
  'Conv',
  'FusedConv',
  'MultiHeadAttention',
  'MatMulNBits',
  'DynamicQuantizeMatMul',
  'MatMulInteger',
  'MatMulIntegerToFloat',
];

/** Runs the graph once on zeros; ONNX Runtime's own profile says what ran where. */
const script = `
const ort = require('onnxruntime-node');
const fs = require('fs'), path = require('path');
const [provider, file, weights, sizes, heavy, folder] = process.argv.slice(-6);
const sizeOf = JSON.parse(sizes), counted = JSON.parse(heavy);
const arrays = { float32: Float32Array, uint8: Uint8Array, int64: BigInt64Array };
(async () => {
  const elsewhere = { session: { model_external_initializers_file_folder_path: weights } };
  const session = await ort.InferenceSession.create(weights === '' ? file : fs.readFileSync(file), {
    executionProviders: [provider, 'cpu'], logSeverityLevel: 4,
    enableProfiling: true, profileFilePrefix: path.join(folder, 'p'),
    ...(weights === '' ? {} : { extra: elsewhere }),
  });
  const feeds = {};
  for (const { name, type, shape } of session.inputMetadata) {
    const dims = shape.map((d) => (typeof d === 'number' ? d : sizeOf[d] || 1));
    feeds[name] = new ort.Tensor(type, new arrays[type](dims.reduce((a, b) => a * b, 1)), dims);
  }
  await session.run(feeds);
  session.endProfiling();
  const left = new Set();
  for (const name of fs.readdirSync(folder)) {
    for (const { args } of JSON.parse(fs.readFileSync(path.join(folder, name), 'utf8'))) {
      if (args && args.provider === 'CPUExecutionProvider' && counted.includes(args.op_name)) left.add(args.op_name);
    }
  }
  return JSON.stringify({ works: true, left: [...left] });
})().then(
  (text) => { process.stdout.write(text, () => process.exit(0)); },
  (error) => { console.error('reason: ' + String(error.message).split('\\n')[0]); process.exit(1); });
`;

/** Loading several gigabytes onto a device for the first time takes minutes on a slow disk. */
const patienceMs = 300_000;

/** Loads and runs a graph with a provider, in a process of its own. */
export async function tryGraph(
  { file, weights = '' }: GraphPlace,
  provider: ProviderName,
  sizes: GraphSizes = {},
): Promise<GraphTrial> {
  const folder = await mkdtemp(join(tmpdir(), 'merv-graph-'));
  try {
    const arguments_ = [provider, file, weights, JSON.stringify(sizes), JSON.stringify(heavy), folder];
    const outcome = await inChild(script, arguments_, patienceMs);
    if (!outcome.ok) return { works: false, reason: outcome.reason };
    return graphTrialSchema.parse(JSON.parse(outcome.output));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
