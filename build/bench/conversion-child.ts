/** Converts and measures a checkpoint, as one line of JSON: run by conversion.ts in a process of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Precision } from '../../engine/contract/models.ts';
import { convertPart } from '../../engine/hub/conversion/convert-part.ts';
import { withLanguageModel } from '../../engine/hub/conversion/openings.ts';
import type { LanguageModelMaking, RecipePart } from '../../engine/hub/conversion/recipe.ts';
import { measureQuality } from '../../engine/hub/quality/measure-quality.ts';
import { partFolder } from '../../engine/models/part.ts';
import { openFile } from '../../engine/weights/random-access-file.ts';
import type { ConversionFigures } from './conversion.ts';

const [path, config, precision] = process.argv.slice(2) as [string, string, Precision];
const { signal } = new AbortController();
/** Milliseconds of processor time so far. */
const processor = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const peak = (): number => process.resourceUsage().maxRSS * 1024;

const origin = { kind: 'local', path: dirname(path) } as const;
const weights = { path: 'checkpoint.pt', bytes: 0, sha256: 'a'.repeat(64), origin };
const making: LanguageModelMaking = {
  ...{ role: 'languageModel', form: 'merv', config: JSON.parse(config) as unknown, weights },
};
const part: RecipePart<LanguageModelMaking> = {
  ...{ role: 'languageModel', id: 'synthetic', name: 'Synthetic', licence: 'none', origin, files: [weights] },
  ...{ sizes: [], parameters: null, memory: 0, making },
};
const modelsFolder = await mkdtemp(join(dirname(path), 'models-'));
try {
  const before = peak();
  const start = performance.now();
  const startProcessor = processor();
  const locate = () => ({ path, sha256: weights.sha256 });
  const made = await convertPart(part, precision, { modelsFolder, locate, signal, onProgress: () => {} });
  const converted = performance.now();
  const convertedProcessor = processor();
  const conversion = {
    ...{ ms: converted - start, processorMs: convertedProcessor - startProcessor, peak: peak(), before },
  };
  const quality = await withLanguageModel(making, path, openFile, (shape, opened) =>
    measureQuality({
      folder: partFolder(modelsFolder, made.key),
      ...{ spec: made.spec, signal },
      reference: { role: 'languageModel', config: shape, weights: opened, tokenizer: null },
    }),
  );
  const measuring = {
    ...{ ms: performance.now() - converted, processorMs: processor() - convertedProcessor, peak: peak() },
  };
  const bytes = made.files.reduce((sum, file) => sum + file.bytes, 0);
  console.log(JSON.stringify({ conversion, measuring, bytes, quality } satisfies ConversionFigures));
} finally {
  await rm(modelsFolder, { recursive: true, force: true });
}
