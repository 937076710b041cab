import { ExpectedError } from '../contract/errors.ts';
import { modulePrefixes } from '../models/module-prefixes.ts';
import type { Parameters } from '../nn/torch/parameters.ts';
import type { Weights } from '../nn/weights.ts';
import { safetensorsBytes } from '../weights/write-safetensors.ts';
import { randomNumbers } from './random.ts';
import { writeFolder } from './write-folder.ts';

/** Low-rank adapters (Hu et al. 2021) of the language model's linear layers. */
export interface AdapterSettings {
  readonly rank: number;
  /** Changes are scaled by alpha / rank. */
  readonly alpha: number;
  /** Last parts of the layers' names, e.g. `q_proj`. */
  readonly targets: readonly string[];
}

const matrix = /^(.*)\.lora_([AB])\.weight$/;
/** In front of the model's own names in PEFT's files. */
const peftPrefix = 'base_model.model.';
const files = { weights: 'adapter_model.safetensors', config: 'adapter_config.json' } as const;

/**
 * Adds trainable adapters that change nothing yet: A uniform in ±1/√inputs, B zero, as PEFT initialises them. Throws
 * ExpectedError 'bad_request' where no layer has one of the names.
 */
export function addAdapters(parameters: Parameters, { rank, targets }: AdapterSettings, seed: number): void {
  const random = randomNumbers(seed);
  const layers = parameters.names().flatMap((name) => {
    const layer = name.endsWith('.weight') ? name.slice(0, -'.weight'.length) : '';
    const last = layer.slice(layer.lastIndexOf('.') + 1);
    return layer.startsWith(modulePrefixes.languageModel) && targets.includes(last) ? [layer] : [];
  });
  if (layers.length === 0) {
    throw new ExpectedError(
      'bad_request',
      `The language model has no layers called ${targets.join(', ')}.`,
      'Choose other targets for the adapters, e.g. q_proj and v_proj.',
    );
  }
  for (const layer of layers) {
    const [outputs, inputs] = parameters.get(`${layer}.weight`).shape as [number, number];
    const bound = 1 / Math.sqrt(inputs);
    const a = Float32Array.from({ length: rank * inputs }, () => (2 * random() - 1) * bound);
    parameters.set(`${layer}.lora_A.weight`, a, [rank, inputs], true);
    parameters.set(`${layer}.lora_B.weight`, new Float32Array(outputs * rank), [outputs, rank], true);
  }
}

/**
 * Writes a folder that PEFT's `PeftModel.from_pretrained` opens. `weights` have the parameters' names; what is no adapter's
 * is passed over. Throws ExpectedError 'disk_full'.
 */
export async function writeAdapter(
  folder: string,
  weights: Weights,
  { rank, alpha, targets }: AdapterSettings,
  base: string,
): Promise<void> {
  const tensors = [...weights.tensors].flatMap(([name, { shape }]) => {
    if (!matrix.test(name)) return [];
    const stored = `${peftPrefix}${name.slice(modulePrefixes.languageModel.length)}`;
    return [{ name: stored, type: 'F32' as const, shape, values: () => weights.read(name) }];
  });
  const config = {
    base_model_name_or_path: base,
    bias: 'none',
    fan_in_fan_out: false,
    inference_mode: true,
    init_lora_weights: true,
    layers_pattern: null,
    layers_to_transform: null,
    lora_alpha: alpha,
    lora_dropout: 0,
    modules_to_save: null,
    peft_type: 'LORA',
    r: rank,
    rank_pattern: {},
    alpha_pattern: {},
    revision: null,
    target_modules: targets,
    task_type: 'CAUSAL_LM',
    use_dora: false,
    use_rslora: false,
  };
  await writeFolder(folder, [
    { name: files.weights, pieces: safetensorsBytes(tensors, { format: 'pt' }) },
    { name: files.config, pieces: [Buffer.from(`${JSON.stringify(config, null, 2)}\n`)] },
  ]);
}
