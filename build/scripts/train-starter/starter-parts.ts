import { contextLength } from '../../../engine/hub/assemble-starter.ts';
import { readLabels } from '../../../engine/hub/setup.ts';
import { fetchStarterParts } from '../../../engine/hub/starter.ts';
import { starterPrompt } from '../../../engine/hub/starter-prompt.ts';
import { starterVisual } from '../../../engine/hub/starter-visual.ts';
import { fromGguf as llamaFromGguf } from '../../../engine/models/llama-config.ts';
import type { Torch } from '../../../engine/native/torch.ts';
import { Parameters } from '../../../engine/nn/torch/parameters.ts';
import { fromGguf } from '../../../engine/text/gguf-tokenizer.ts';
import { openGguf } from '../../../engine/weights/gguf.ts';
import { withLlamaNames } from '../../../engine/weights/gguf-llama.ts';
import { openTensors } from '../../../engine/weights/open.ts';
import type { LanguageParts } from './language.ts';

export interface StarterParts {
  readonly labels: readonly string[];
  readonly objectEncoder: Parameters;
  /** Of the object encoder's last layer. */
  readonly lastLayer: Float32Array;
  readonly language: LanguageParts;
  /** The language model's file. */
  readonly gguf: string;
  close(): Promise<void>;
}

/** Fetches into `folder` what the starter is made of and opens it; nothing of it is trained. */
export async function openStarterParts(
  torch: Torch,
  folder: string,
  resources: string,
): Promise<StarterParts> {
  const parts = await fetchStarterParts({
    folder,
    signal: new AbortController().signal,
    onProgress: () => {},
  });
  const path = (id: string) => parts.find((part) => part.id === id)!.path;
  const labels = await readLabels(resources);
  const objectEncoder = new Parameters(torch, { device: 'cpu', compute: 'float32', master: 'float32' });
  const vision = await openTensors(path('object-encoder'));
  await objectEncoder.load(vision, '', () => false);
  const lastLayer = await vision.read('_fc.weight');
  await vision.close();
  const gguf = await openGguf(path('language-model'));
  const config = llamaFromGguf(gguf.metadata, contextLength);
  const words = withLlamaNames(gguf, path('language-model'));
  const tokenizer = fromGguf(gguf.metadata);
  const visual = await starterVisual(labels, tokenizer, words, config.hidden, null);
  const rule = starterPrompt(gguf.metadata);
  const language = { config, words, visual, tokenizer, rule };
  return {
    labels,
    objectEncoder,
    lastLayer,
    language,
    gguf: path('language-model'),
    close: () => gguf.close(),
  };
}
