import { listSupportedBackends } from 'onnxruntime-node';
import { type ProviderName, type ProviderState, providerNames } from '../contract/settings.ts';
import { encodeModel } from '../nn/onnx/proto.ts';
import { inChild } from './child.ts';

/** One of ONNX Runtime's execution providers, as this machine has it. */
export interface ProviderProbe extends ProviderState {
  /** How many times as fast as the processor on the probe's matrix product; null where it does not work. */
  readonly speedup: number | null;
}

const titles: Readonly<Record<ProviderName, string>> = {
  cpu: 'the processor',
  cuda: 'CUDA',
  dml: 'DirectML',
  coreml: 'CoreML',
  webgpu: 'WebGPU',
};

/** As it is called within a sentence. */
export function providerTitle(name: ProviderName): string {
  return titles[name];
}

const side = 1024;

/** y = x · x, [1024, 1024]: enough work that its time says something, on a slow processor 0.1 s. */
function probeGraph(): string {
  const dim = [{ dimValue: side }, { dimValue: side }];
  const value = (name: string) => ({ name, type: { tensorType: { elemType: 1, shape: { dim } } } });
  const node = { name: 'n', opType: 'MatMul', domain: '', input: ['x', 'x'], output: ['y'], attribute: [] };
  const graph = { name: 'g', node: [node], initializer: [], input: [value('x')], output: [value('y')] };
  return Buffer.from(encodeModel(graph)).toString('base64');
}

/** Prints how many times as fast as the processor the provider is, the best of three runs each. */
const script = `
const ort = require('onnxruntime-node');
const [provider, graph] = process.argv.slice(-2);
const x = new ort.Tensor('float32', new Float32Array(${side * side}).fill(0.001), [${side}, ${side}]);
async function best(name) {
  const options = { executionProviders: [name], logSeverityLevel: 4 };
  const session = await ort.InferenceSession.create(Buffer.from(graph, 'base64'), options);
  let least = Infinity;
  for (let i = 0; i < 4; i++) {
    const start = process.hrtime.bigint();
    const { y } = await session.run({ x });
    if (Math.abs(y.data[0] - 0.001024) > 1e-4) throw new Error('it computes wrong results');
    if (i > 0) least = Math.min(least, Number(process.hrtime.bigint() - start));
  }
  return least;
}
(async () => {
  const its = await best(provider);
  return provider === 'cpu' ? 1 : (await best('cpu')) / its;
})().then(
  (speedup) => { process.stdout.write(String(speedup), () => process.exit(0)); },
  (error) => { console.error('reason: ' + String(error.message).split('\\n')[0]); process.exit(1); });
`;

/**
 * Tries every provider in a process of its own. TensorRT and others that ONNX Runtime may know are not tried: no setting
 * names them.
 */
export async function probeProviders(): Promise<readonly ProviderProbe[]> {
  const built = new Set(listSupportedBackends().map(({ name }) => name));
  const graph = probeGraph();
  const probes: ProviderProbe[] = [];
  for (const name of providerNames) probes.push(await probe(name, built.has(name), graph));
  return probes;
}

async function probe(name: ProviderName, isBuilt: boolean, graph: string): Promise<ProviderProbe> {
  const title = name === 'cpu' ? 'Processor' : titles[name];
  const absent = (detail: string) => ({ name, title, available: false, detail, speedup: null });
  if (!isBuilt) return absent(`ONNX Runtime for ${process.platform} ${process.arch} comes without it`);
  const outcome = await inChild(script, [name, graph], 30_000);
  if (!outcome.ok) return absent(outcome.reason);
  const speedup = Number(outcome.output);
  const detail = name === 'cpu' ? 'works' : `works, ${speedup.toFixed(1)} × as fast as the processor`;
  return { name, title, available: true, detail, speedup };
}
