import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** NVIDIA's GPUs as its own tool lists them: `absent` without its driver, `silent` where the tool does not answer. */
export async function nvidiaGpus(): Promise<readonly string[] | 'absent' | 'silent'> {
  try {
    const { stdout } = await run(
      'nvidia-smi',
      ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader'],
      { timeout: 10_000 },
    );
    return stdout.trim().split('\n');
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'absent' : 'silent';
  }
}
