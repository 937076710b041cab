import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fixturesFolder } from '../parity/fixtures.ts';
import type { FakeRepo } from './fake-hub/repos.ts';

const here = join(import.meta.dirname, '..', 'fixtures');
const template =
  "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}" +
  '{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}';

function filesOf(folder: string, wanted: (name: string) => boolean): Record<string, Buffer> {
  const names = readdirSync(folder).filter((name) => wanted(name) && statSync(join(folder, name)).isFile());
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name))]));
}

/** A language model of 140,000 parameters with a tokenizer and a chat template: installs within a second. */
export function tinyLlama(id = 'tiny/llama'): FakeRepo {
  const tokenizer = join(here, 'tokenizers', 'smol');
  const config = JSON.parse(readFileSync(join(tokenizer, 'tokenizer_config.json'), 'utf8')) as object;
  return {
    id,
    cardData: { license: 'apache-2.0' },
    task: 'text-generation',
    files: {
      'README.md': Buffer.from('---\nlicense: apache-2.0\n---\n# Tiny\n'),
      ...filesOf(join(here, 'llama-tiny'), (name) => name === 'config.json' || name === 'model.safetensors'),
      'tokenizer.json': readFileSync(join(tokenizer, 'tokenizer.json')),
      'tokenizer_config.json': Buffer.from(JSON.stringify({ ...config, chat_template: template })),
    },
  };
}

const run = join(fixturesFolder, 'merv-tiny');
const weights = /^(config\.json|model\.safetensors|pytorch_model\.bin)$/;

/** A MERV run with everything that it names, where the fixtures hold one: four encoders and a base model. */
export function tinyMerv(): readonly FakeRepo[] | null {
  if (!existsSync(join(run, 'checkpoints'))) return null;
  const encoder = (id: string, folder: string): FakeRepo => ({
    id,
    files: filesOf(join(fixturesFolder, 'vision', folder), (name) => weights.test(name)),
  });
  const at = (path: string): [string, Buffer] => [`merv-tiny/${path}`, readFileSync(join(run, path))];
  return [
    {
      id: 'tyleryzhu/merv',
      cardData: { license: 'mit' },
      files: Object.fromEntries([at('config.json'), at('checkpoints/latest-checkpoint.pt')]),
    },
    encoder('LanguageBind/LanguageBind_Video_merge', 'languagebind-tiny'),
    encoder('timm/vit_large_patch14_reg4_dinov2.lvd142m', 'dinov2-tiny'),
    encoder('google/vivit-b-16x2-kinetics400', 'vivit-tiny'),
    encoder('timm/vit_base_patch16_siglip_224.webli', 'siglip-tiny'),
    { id: 'meta-llama/Llama-2-7b-hf', gated: true, files: filesOf(join(run, 'llm'), () => true) },
  ];
}
