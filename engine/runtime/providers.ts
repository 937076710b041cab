import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { listSupportedBackends } from 'onnxruntime-node';
import { encodeModel } from '../nn/onnx/proto.ts';

/** One of ONNX Runtime's execution providers, as this machine has it. */
export interface ProviderProbe {
  readonly name: string;
  readonly available: boolean;
  readonly detail: string;
}

const run = promisify(execFile);

/** The smallest graph there is: y = x. */
function identityGraph(): string {
  const value = (name: string) => ({
    name,
    type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 1 }] } } },
  });
  const node = { name: 'n', opType: 'Identity', domain: '', input: ['x'], output: ['y'], attribute: [] };
  const graph = { name: 'g', node: [node], initializer: [], input: [value('x')], output: [value('y')] };
  return Buffer.from(encodeModel(graph)).toString('base64');
}

const script = `
const ort = require('onnxruntime-node');
const [provider, graph] = process.argv.slice(-2);
ort.InferenceSession.create(Buffer.from(graph, 'base64'), { executionProviders: [provider], logSeverityLevel: 4 })
  .then((session) => session.run({ x: new ort.Tensor('float32', Float32Array.of(1), [1]) }))
  .then(() => process.exit(0), (error) => { console.error(String(error.message).split('\\n')[0]); process.exit(1); });
`;

/**
 * Tries every provider that this build of ONNX Runtime knows, each in a process of its own, since a driver may end the
 * process it is loaded in. Models run on the CPU; the others are listed for whoever looks for the reason.
 */
export async function probeProviders(): Promise<readonly ProviderProbe[]> {
  const graph = identityGraph();
  const probes: ProviderProbe[] = [];
  for (const { name } of listSupportedBackends()) probes.push(await probe(name, graph));
  return probes;
}

async function probe(name: string, graph: string): Promise<ProviderProbe> {
  try {
    await run(process.execPath, ['-e', script, name, graph], {
      cwd: typeof __dirname === 'string' ? __dirname : process.cwd(),
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
      timeout: 20_000,
    });
    return { name, available: true, detail: 'works' };
  } catch (error) {
    return { name, available: false, detail: reason((error as { readonly stderr?: string }).stderr ?? '') };
  }
}

/** ONNX Runtime's message in a few words, where it is one of the usual ones. */
function reason(stderr: string): string {
  const last = stderr.trim().split('\n').at(-1) ?? '';
  if (/shared library/i.test(last)) return 'its libraries are not on this machine';
  if (/adapter/i.test(last)) return 'no graphics adapter that it can use was found';
  return last.slice(0, 120) || 'it ended the process it was tried in';
}
