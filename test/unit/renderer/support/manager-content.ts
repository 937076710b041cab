import type {
  CatalogueEntry,
  InstallPlan,
  PlannedPart,
  RepoDetail,
} from '../../../../engine/contract/hub.ts';
import type { ModelDetail, ModelSummary, Quality, TensorRow } from '../../../../engine/contract/models.ts';
import type { ManagerScript } from './scripted-manager.ts';
import { part, scriptedModel } from './scripted-model.ts';

const features = (meanCosine: number, minCosine: number): Quality => ({
  kind: 'features',
  meanCosine,
  minCosine,
  tokens: 2048,
});
const logits = (greedyAgreement: number, meanKl: number, maxKl: number): Quality => ({
  kind: 'logits',
  greedyAgreement,
  meanKl,
  maxKl,
  tokens: 512,
});

const hub = (repo: string) => ({ source: `${repo} at 1a2b3c4d`, url: `https://huggingface.co/${repo}` });
const siglip = part('encoder', 'siglip-vit-b16-224px-all-no-cls', 'SigLIP base', 98_000_000, 'int8', {
  ...hub('google/siglip-base-patch16-224'),
  quality: features(0.99981, 0.9972),
});
const dino = part('encoder', 'dinov2-video-all-tokens', 'DINOv2 large', 312_000_000, 'int8', {
  ...hub('facebook/dinov2-large'),
  quality: features(0.99962, 0.9951),
});
const vivit = part('encoder', 'vivit-google-b-all-no-cls', 'ViViT base', 92_000_000, 'int8', {
  ...hub('google/vivit-b-16x2-kinetics400'),
  licence: 'MIT',
  quality: features(0.9987, 0.981),
});
const languageBind = part(
  'encoder',
  'languagebind-video-noclass',
  'LanguageBind-Video',
  432_000_000,
  'int8',
  {
    ...hub('LanguageBind/LanguageBind_Video_merge'),
    licence: 'MIT',
    quality: features(0.9981, 0.974),
  },
);
const tokenizer = part('tokenizer', 'llama-2-tokenizer', 'LLaMA 2 tokenizer', 500_000, null, {
  ...hub('meta-llama/Llama-2-7b-hf'),
  licence: 'Llama 2',
});
const fusion = part('visual', 'merv-full-visual', 'MERV projectors, cross attention', 184_000_000, 'fp16', {
  ...hub('tyleryzhu/merv'),
  licence: 'MIT',
});
const llama = part('languageModel', 'llama2-7b-pure', 'LLaMA 2 7B', 4_080_000_000, 'int4', {
  ...hub('tyleryzhu/merv'),
  licence: 'Llama 2',
  quality: logits(0.962, 0.0214, 0.41),
});

const mervParts = [siglip, dino, vivit, languageBind, fusion, llama, tokenizer];

export const mervFull: ModelSummary = {
  id: 'merv-full',
  name: 'MERV full',
  description: 'Four frozen encoders, fused by cross attention, in front of a fully tuned LLaMA 2 7B.',
  demonstration: false,
  notice: null,
  contextLength: 4096,
  adapterOf: null,
  visualTokens: 1024,
  encoders: [
    { id: languageBind.id, name: languageBind.name, frames: 16, visualTokens: 1024 },
    { id: dino.id, name: dino.name, frames: 16, visualTokens: 1024 },
    { id: vivit.id, name: vivit.name, frames: 32, visualTokens: 1024 },
    { id: siglip.id, name: siglip.name, frames: 16, visualTokens: 1024 },
  ],
  parts: mervParts.map((each) =>
    each.role === 'encoder' || each.role === 'tokenizer' ? { ...each, sharedWith: ['merv-frozen'] } : each,
  ),
  bytes: mervParts.reduce((sum, each) => sum + each.bytes, 0),
  ownBytes: fusion.bytes + llama.bytes,
  problem: null,
  memory: {
    weights: 5_200_000_000,
    perToken: 524_288,
    perFrame: {
      [siglip.id]: 21_000_000,
      [dino.id]: 34_000_000,
      [vivit.id]: 41_000_000,
      [languageBind.id]: 38_000_000,
    },
    base: 210_000_000,
  },
  speed: {
    msPerFrame: { [siglip.id]: 42, [dino.id]: 131, [vivit.id]: 56, [languageBind.id]: 144 },
    promptTokensPerSecond: 46,
    tokensPerSecond: 6.4,
  },
};

const frozenLlama = part('languageModel', 'llama2-7b-frozen', 'LLaMA 2 7B (untuned)', 4_080_000_000, 'int4', {
  ...hub('meta-llama/Llama-2-7b-hf'),
  licence: 'Llama 2',
  quality: logits(0.958, 0.0231, 0.44),
});
const frozenParts = [
  siglip,
  dino,
  vivit,
  languageBind,
  { ...fusion, key: 'frozen-visual' },
  frozenLlama,
  tokenizer,
];

const mervFrozen: ModelSummary = {
  ...mervFull,
  id: 'merv-frozen',
  name: 'MERV frozen, made at the department for the summer course on long videos (second try)',
  description: 'As MERV full, with the language model as it came.',
  parts: frozenParts.map((each) =>
    each.role === 'encoder' || each.role === 'tokenizer' ? { ...each, sharedWith: ['merv-full'] } : each,
  ),
  ownBytes: frozenLlama.bytes + fusion.bytes,
  problem: {
    sentence: 'The part LLaMA 2 7B (untuned) of “MERV frozen” lacks the file model.onnx.data.',
    remedy: 'Repair it: only that part is fetched and converted again.',
  },
  speed: null,
};

const qwenPart = part('languageModel', 'qwen2.5-32b', 'Qwen2.5 32B Instruct', 18_900_000_000, 'int4', {
  ...hub('Qwen/Qwen2.5-32B-Instruct'),
  quality: logits(0.9971, 0.0043, 0.09),
});
const qwen: ModelSummary = {
  ...scriptedModel,
  id: 'qwen2.5-32b',
  name: 'Qwen2.5 32B Instruct',
  description: 'A language model alone: it reads text and sees no video.',
  demonstration: false,
  notice: null,
  contextLength: 32_768,
  visualTokens: 0,
  encoders: [],
  parts: [qwenPart],
  bytes: qwenPart.bytes,
  ownBytes: qwenPart.bytes,
  memory: { weights: 19_200_000_000, perToken: 262_144, perFrame: {}, base: 210_000_000 },
  speed: null,
};

export const manyModels: readonly ModelSummary[] = [scriptedModel, mervFull, mervFrozen, qwen];

export function detailOf(model: ModelSummary): ModelDetail {
  const keyOf = (role: string) => model.parts.find((each) => each.role === role)?.key;
  const visual = keyOf('visual');
  const text = keyOf('tokenizer');
  const language = keyOf('languageModel') ?? '';
  const encoders = model.parts.filter((each) => each.role === 'encoder');
  const framesOf = (id: string) => model.encoders.find((encoder) => encoder.id === id)?.frames ?? 0;
  const joins = [
    ...encoders.flatMap((encoder) => [
      { from: 'video', to: encoder.key, label: `${framesOf(encoder.id)} frames` },
      { from: encoder.key, to: visual ?? language, label: 'features' },
    ]),
    ...(visual ? [{ from: visual, to: language, label: `${model.visualTokens} tokens` }] : []),
    ...(text
      ? [
          { from: 'question', to: text, label: 'text' },
          { from: text, to: language, label: 'tokens' },
        ]
      : [{ from: 'question', to: language, label: 'text' }]),
    { from: language, to: 'answer', label: '' },
  ];
  return {
    summary: model,
    folder: `/home/someone/.local/share/merv/models/${model.id}`,
    createdAt: Date.UTC(2026, 10, 3),
    joins,
    files: model.parts.flatMap((each) => [
      { part: each.key, file: 'model.onnx', bytes: 214_000, sha256: 'ab12'.repeat(16) },
      { part: each.key, file: 'model.onnx.data', bytes: each.bytes - 214_000, sha256: '9f0c'.repeat(16) },
    ]),
    configs: model.parts.map((each) => ({
      part: each.key,
      json: JSON.stringify({
        role: each.role,
        id: each.id,
        precision: each.precision,
        layers: 32,
        mean: [0.5, 0.5, 0.5],
      }),
    })),
    promptPreview:
      model.visualTokens > 0
        ? 'In: <video>\nWhat happens in the video?\nOut: '
        : '<|im_start|>user\nWhat happens in the video?<|im_end|>\n<|im_start|>assistant\n',
  };
}

const tensors: readonly TensorRow[] = Array.from({ length: 3_000 }, (_, i) => ({
  part: llama.key,
  name: `model.layers.${Math.floor(i / 9)}.${['self_attn.q_proj', 'self_attn.k_proj', 'mlp.gate_proj'][i % 3]}.weight`,
  shape: i % 3 === 2 ? [11_008, 4096] : [4096, 4096],
  type: i % 2 === 0 ? 'uint4' : 'float16',
  bytes: 8_388_608,
}));

const catalogue: readonly CatalogueEntry[] = [
  {
    id: 'starter',
    name: 'MERV Starter',
    description:
      'The small model to try things out: two light encoders and SmolLM2 135M. It names common objects.',
    download: 121_000_000,
    disk: 164_000_000,
    memory: 600_000_000,
    licence: 'Apache-2.0',
    parts: [
      { role: 'encoder', name: 'EfficientNet-Lite0', repo: null },
      { role: 'languageModel', name: 'SmolLM2 135M', repo: null },
    ],
    modelId: 'starter',
    misfit: null,
  },
  {
    id: 'merv-full',
    name: 'MERV full',
    description:
      'The model of the paper: four encoders of different gifts, and a language model tuned with them.',
    download: 17_300_000_000,
    disk: 5_300_000_000,
    memory: 7_900_000_000,
    licence: 'MIT, Llama 2',
    parts: [
      { role: 'encoder', name: 'LanguageBind', repo: 'LanguageBind/LanguageBind_Video_merge' },
      { role: 'encoder', name: 'DINOv2', repo: 'facebook/dinov2-large' },
      { role: 'encoder', name: 'ViViT', repo: 'google/vivit-b-16x2-kinetics400' },
      { role: 'encoder', name: 'SigLIP', repo: 'google/siglip-base-patch16-224' },
      { role: 'languageModel', name: 'LLaMA 2 7B', repo: 'tyleryzhu/merv' },
    ],
    modelId: null,
    misfit: null,
  },
  {
    id: 'merv-frozen',
    name: 'MERV frozen, at full precision',
    description: 'The same encoders in front of an untouched language model, with nothing rounded.',
    download: 17_300_000_000,
    disk: 29_000_000_000,
    memory: 31_000_000_000,
    licence: 'MIT, Llama 2',
    parts: [
      { role: 'encoder', name: 'SigLIP', repo: 'google/siglip-base-patch16-224' },
      { role: 'languageModel', name: 'LLaMA 2 7B', repo: 'tyleryzhu/merv' },
    ],
    modelId: null,
    misfit: 'It takes about 31 GB of memory to answer; this machine has 16 GB.',
  },
];

const planned: readonly PlannedPart[] = mervParts.map((each, i) => ({
  role: each.role,
  id: each.id,
  name: each.name,
  licence: each.licence,
  repo: each.source.split(' at ')[0] ?? null,
  revision: '1a2b3c4d5e6f',
  files: [{ path: 'model.safetensors', bytes: each.bytes * 3, cached: i === 1 }],
  sizes:
    each.precision === null
      ? [{ precision: 'fp32', bytes: each.bytes }]
      : [
          { precision: each.precision, bytes: each.bytes },
          ...(each.precision === 'fp16' ? [] : [{ precision: 'fp16' as const, bytes: each.bytes * 2 }]),
          { precision: 'fp32', bytes: each.bytes * 4 },
        ],
  state: i === 0 ? 'installed' : i === 1 ? 'cached' : 'fetch',
  gated: each.role === 'tokenizer' ? 'asks' : 'open',
  parameters: each.role === 'tokenizer' ? null : each.bytes * 1.9,
}));

const repos: readonly RepoDetail[] = [
  'tyleryzhu/merv',
  'meta-llama/Llama-2-7b-hf',
  'someone-with-a-very-long-name/merv-finetuned-on-all-of-the-harbour-cameras-of-the-year-2025-final-v3',
].map((repo, i) => ({
  repo,
  author: repo.split('/')[0] ?? '',
  task: i === 1 ? 'text-generation' : 'video-text-to-text',
  downloads: [4_213, 1_284_000, 12][i] ?? 0,
  likes: [31, 2_077, 0][i] ?? 0,
  updatedAt: '2026-03-02T10:00:00.000Z',
  licence: ['mit', 'llama2', null][i] ?? null,
  gated: i === 1 ? 'asks' : 'open',
  tags: ['video'],
  commit: '1a2b3c4d5e6f70819a2b3c4d5e6f70819a2b3c4d',
  url: `https://huggingface.co/${repo}`,
  readme: `# ${repo.split('/')[1]}\n\nA model that **sees** with four encoders. ![diagram](overview.png)\n\n| set | score |\n|---|---|\n| MSVD | 70.97 |\n| Perception Test | 46.21 |\n\n\`\`\`sh\nmerv models install ${repo}\n\`\`\`\n\nSee [the paper](https://arxiv.org/abs/2501.01426) and [the config](merv-full/config.json).\n\n<div align="center"><img src="https://example.org/track.png"></div>`,
  files: [
    { path: 'merv-full/config.json', bytes: 4_100, cached: true },
    { path: 'merv-full/checkpoints/latest-checkpoint.pt', bytes: 14_200_000_000, cached: false },
    { path: 'merv-frozen/config.json', bytes: 4_100, cached: false },
    { path: 'merv-frozen/checkpoints/latest-checkpoint.pt', bytes: 490_000_000, cached: false },
    { path: 'README.md', bytes: 6_300, cached: false },
  ],
  installable:
    i === 2
      ? []
      : [
          { path: 'merv-full', title: 'merv-full', bytes: 14_200_000_000 },
          { path: 'merv-frozen', title: 'merv-frozen', bytes: 490_000_000 },
        ],
  refusal:
    i === 2
      ? 'Nothing in this repository can be installed: it has neither a MERV checkpoint, nor a language model in safetensors or GGUF.'
      : null,
}));

/** Fills a script with a machine on which much has been done. */
export function fillManager(manager: ManagerScript): void {
  manager.catalogue = catalogue;
  manager.repos = repos;
  manager.details = new Map(manyModels.map((model) => [model.id, detailOf(model)]));
  manager.tensors = tensors;
  manager.made = () => ({ ...mervFull, id: 'merv-full-2', name: 'MERV full (2)' });
  manager.plan = (source, choices): InstallPlan => {
    const modelBytes = planned.reduce((sum, each) => {
      const chosen = choices.find((choice) => choice.id === each.id)?.precision ?? each.sizes[0]?.precision;
      return sum + (each.sizes.find((size) => size.precision === chosen)?.bytes ?? 0);
    }, 0);
    const short = modelBytes > 60_000_000_000;
    return {
      source,
      modelId: 'merv-full-2',
      name: 'MERV full',
      kind: 'merv',
      description: 'Four frozen encoders, fused by cross attention, in front of a fully tuned LLaMA 2 7B.',
      parts: [...planned],
      downloadBytes: 15_900_000_000,
      modelBytes,
      peakDiskBytes: modelBytes + 15_900_000_000,
      freeDiskBytes: 48_000_000_000,
      conversionMemoryBytes: 3_100_000_000,
      runMemoryBytes: short ? 22_000_000_000 : 7_900_000_000,
      totalMemoryBytes: 16_000_000_000,
      problems: [
        {
          sentence: 'The repository meta-llama/Llama-2-7b-hf is gated: its owner wants to be asked first.',
          remedy: 'Accept its conditions there with your account, then enter a token of that account.',
          url: 'https://huggingface.co/meta-llama/Llama-2-7b-hf',
        },
      ],
      warnings: ['LanguageBind-Video flips frames at random in the reference; here it never does.'],
    };
  };
  manager.account = { ...manager.account, cacheFolder: '/home/someone/.cache/huggingface/hub' };
  manager.providers = {
    states: [
      { name: 'cpu', title: 'Processor', available: true, detail: '8 cores with AVX-512 and VNNI.' },
      {
        name: 'cuda',
        title: 'CUDA',
        available: false,
        detail: 'libcudart.so.12 was not found on this machine.',
      },
      {
        name: 'webgpu',
        title: 'WebGPU',
        available: true,
        detail: 'NVIDIA GeForce RTX 3060, tried with a small graph in 0.8 s.',
      },
    ],
    choices: [
      {
        role: 'encoder',
        name: 'webgpu',
        reason: 'WebGPU works on this machine and was faster than the processor.',
      },
      {
        role: 'visual',
        name: 'cpu',
        reason: 'It is small: the processor is done before the graphics card has begun.',
      },
      {
        role: 'languageModel',
        name: 'cpu',
        reason: 'The weights do not fit into the graphics card’s memory.',
      },
    ],
  };
  manager.activity = Array.from({ length: 40 }, (_, i) => ({
    number: 40 - i,
    at: Date.now() - i * 41_000,
    method: 'GET',
    url: `https://huggingface.co/api/models/tyleryzhu/merv/tree/main?recursive=true&page=${i}`,
    purpose: i % 4 === 0 ? 'Searching for merv' : 'Fetching model-00001-of-00002.safetensors',
    status: i === 0 ? null : i === 3 ? 429 : 200,
    receivedBytes: i * 31_000_000,
    error: i === 5 ? 'the connection was cut' : null,
  }));
  const at = Date.now() - 400_000;
  const common = {
    bytesPerSecond: null,
    secondsLeft: null,
    error: null,
    notes: [],
    createdAt: at,
    updatedAt: at,
  };
  manager.jobs = [
    {
      ...common,
      id: 'a',
      kind: 'install',
      title: 'Install MERV full',
      modelId: 'merv-full-2',
      state: 'running',
      stage: {
        name: 'download',
        detail: 'tyleryzhu/merv merv-full/checkpoints/latest-checkpoint.pt',
        done: 5_410_000_000,
        total: 14_200_000_000,
        unit: 'bytes',
      },
      fraction: 0.34,
      bytesPerSecond: 21_400_000,
      secondsLeft: 411,
      notes: ['The connection was cut after 2.1 GB; it went on where it was.'],
    },
    {
      ...common,
      id: 'b',
      kind: 'install',
      title: 'Install Llama-2-7b-hf',
      modelId: 'llama-2',
      state: 'failed',
      stage: {
        name: 'download',
        detail: 'model-00002-of-00002.safetensors',
        done: 3_100_000_000,
        total: 13_500_000_000,
        unit: 'bytes',
      },
      fraction: 0.19,
      error: {
        code: 'disk_full',
        sentence:
          'The disk of /home/someone/.cache/huggingface is full: 10.4 GB are missing for model-00002-of-00002.safetensors.',
        remedy:
          'Make room or set HF_HOME to another disk, then try again. The 3.1 GB that are there are kept.',
      },
    },
    {
      ...common,
      id: 'c',
      kind: 'install',
      title: 'Install Qwen2.5 32B Instruct',
      modelId: 'qwen2.5-32b-2',
      state: 'paused',
      stage: { name: 'convert', detail: 'Qwen2.5 32B Instruct', done: 212, total: 771, unit: 'tensors' },
      fraction: 0.71,
    },
    {
      ...common,
      id: 'd',
      kind: 'repair',
      title: 'Repair MERV Starter',
      modelId: 'starter',
      state: 'done',
      stage: null,
      fraction: 1,
    },
    {
      ...common,
      id: 'e',
      kind: 'export',
      title: 'Export MERV full',
      modelId: 'merv-full',
      state: 'cancelled',
      stage: null,
      fraction: 0.2,
    },
  ];
}
