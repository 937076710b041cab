import { describe, expect, it } from 'vitest';
import { wrongArrows } from '../../../build/checks/arrows.ts';
import { registryHosts } from '../../../build/checks/host-names.ts';

const check = (path: string, text: string) => wrongArrows([{ path, text }]);

describe('folder arrows', () => {
  it.each([
    ['renderer/lib/a.ts', "import { x } from '../../engine/contract/ask.ts'"],
    ['renderer/lib/a.ts', "import { x } from '../stores/b.ts'"],
    ['electron/main/a.ts', "import type { X } from '../../engine/contract/shell.ts'"],
    ['engine/doors/ipc.ts', "import { x } from '../services/ask.ts'"],
    ['engine/services/ask.ts', "import { x } from '../store/database.ts'"],
    ['engine/models/llama.ts', "import type { T } from '../weights/tensor-source.ts'"],
    ['engine/models/projectors/a.ts', "import { x } from '../../nn/ops.ts'"],
    ['engine/runtime/session.ts', "import { InferenceSession } from 'onnxruntime-node'"],
    ['engine/nn/ops.ts', "// import { x } from '../doors/ipc.ts'\nconst s = \"from '../doors/ipc.ts'\";"],
  ])('allows %s: %s', (path, text) => {
    expect(check(path, text)).toEqual([]);
  });

  it.each([
    ['renderer/lib/a.ts', "import { x } from '../../engine/services/ask.ts'", 'engine/contract only'],
    ['renderer/lib/a.tsx', "import { readFile } from 'node:fs'", 'no Node'],
    ['renderer/lib/a.ts', "import { ipcRenderer } from 'electron'", 'only electron/'],
    ['electron/main/a.ts', "import { x } from '../../engine/video/probe.ts'", 'engine/contract only'],
    ['electron/main/window.ts', "import { ipcMain } from 'electron'", 'only electron/main/ipc.ts'],
    ['engine/nn/ops.ts', "import type { T } from '../weights/tensor-source.ts'", 'from below only'],
    ['engine/weights/gguf.ts', "export * from '../models/llama.ts'", 'from below only'],
    ['engine/video/probe.ts', "const a = await import('../store/database.ts')", 'from below only'],
    ['engine/video/probe.ts', "type A = import('../services/ask.ts').A", 'from below only'],
    ['engine/answering/ask.ts', "import { x } from '../hub/setup.ts'", 'from below only'],
    ['engine/services/ask.ts', "import ort from 'onnxruntime-node'", 'only engine/runtime/'],
    ['engine/contract/a.ts', "import { x } from '../nn/ops.ts'", 'imports nothing'],
    ['engine/new/a.ts', "import { x } from '../nn/ops.ts'", 'no tier'],
    ['engine/doors/ipc.ts', "import { x } from '../../build/scripts/x.ts'", 'must not need'],
  ])('refuses %s: %s', (path, text, why) => {
    const problems = check(path, `\n${text}`);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`${path}:2:`);
    expect(problems[0]).toContain(why);
  });

  it('finds every import of a file', () => {
    const text = "import '../services/a.ts';\nexport { b } from '../doors/b.ts';\nrequire('../doors/c.ts');";
    expect(check('engine/nn/x.ts', text)).toHaveLength(3);
  });
});

describe('registry host names', () => {
  it('are found in any line', () => {
    const host = ['registry', 'npmjs', 'org'].join('.');
    expect(registryHosts([{ path: 'docs/a.md', text: `one\nsee https://${host}/x` }])).toHaveLength(1);
    expect(registryHosts([{ path: 'docs/a.md', text: 'npm install' }])).toEqual([]);
  });
});
