// node build/scripts/sanitize.mjs: the training addon's tests with the address and undefined-behaviour sanitizers.
import { spawnSync } from 'node:child_process';
import { at } from './setup/folders.mjs';
import { exclusively } from './setup/lock.mjs';
import { buildSanitized } from './setup/native.mjs';
import { fail } from './setup/say.mjs';

const addon = await exclusively(buildSanitized).catch(fail);
const compiler = process.env.CXX ?? 'g++';
/** The runtime must be in the process before the addon is. @param {string} name */
const runtime = (name) =>
  spawnSync(compiler, [`-print-file-name=${name}`], { encoding: 'utf8' }).stdout.trim();
const { status } = spawnSync(
  process.execPath,
  [
    at('node_modules/vitest/vitest.mjs'),
    'run',
    '-c',
    'test/vitest.config.ts',
    'test/unit/native',
    'test/parity/training.test.ts',
    ...process.argv.slice(2),
  ],
  {
    cwd: at(),
    stdio: 'inherit',
    env: {
      ...process.env,
      MERV_NATIVE: addon,
      LD_PRELOAD: `${runtime('libasan.so')} ${runtime('libubsan.so')}`,
      // Node and libtorch keep what they have until the end; exceptions are thrown across libraries.
      ASAN_OPTIONS: 'detect_leaks=0:alloc_dealloc_mismatch=0:allocator_may_return_null=1',
      UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
    },
  },
);
process.exitCode = status ?? 1;
