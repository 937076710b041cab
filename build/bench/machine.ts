import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { threadCount } from '../../engine/runtime/session.ts';

/** What was measured on, and a warning where the machine is not quiet. */
export function machineLine(): void {
  const manifest = new URL('../../node_modules/onnxruntime-node/package.json', import.meta.url);
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string };
  const processors = cpus();
  const load = loadavg()[0]!;
  console.log(
    [
      `${processors[0]?.model.trim() ?? 'unknown processor'}, ${processors.length} cores, ${process.platform} ${process.arch}`,
      `Node ${process.versions.node}, ONNX Runtime ${version}, ${threadCount()} threads on every side`,
      `load ${load.toFixed(2)} at the start`,
    ].join('; '),
  );
  if (load > 1)
    console.log('Warning: the machine is busy with something else; trust the ratios, not the times.');
}
