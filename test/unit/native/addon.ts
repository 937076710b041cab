import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';
import { ExpectedError } from '../../../engine/contract/errors.ts';
import { loadTorch } from '../../../engine/native/load.ts';
import type { Torch } from '../../../engine/native/torch.ts';

export const addonFile: string =
  process.env.MERV_NATIVE ??
  fileURLToPath(new URL('../../../.cache/native/merv-torch.node', import.meta.url));

function load(): { readonly torch: Torch } | { readonly why: string } {
  try {
    return loadTorch({ candidates: [addonFile], cuda: null });
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    return { why: `${error.message} ${error.remedy}` };
  }
}

const loaded = load();

/** A suite that needs the training addon; without it, its tests are skipped and their name says why. */
export function describeTorch(name: string, body: (torch: Torch) => void | Promise<void>): void {
  if ('torch' in loaded) describe(name, () => body(loaded.torch));
  else describe.skip(`${name} — skipped: ${loaded.why}`, () => body(undefined as unknown as Torch));
}
