export const modelId = 'model';

/** The descriptions of a whole model, as they lie in a models folder; its other files are empty. */
export function manifests(): readonly { readonly path: string; readonly text: string }[] {
  const sha256 = 'a'.repeat(64);
  const common = {
    format: 1,
    precision: 'int8',
    licence: 'apache-2.0',
    origin: { kind: 'hub', repo: 'someone/model', revision: 'b'.repeat(40) },
    inputs: [{ path: 'model.safetensors', sha256 }],
    quality: { kind: 'features', meanCosine: 0.999, minCosine: 0.98, tokens: 196 },
  };
  const files = (...names: readonly string[]) => names.map((file) => ({ file, bytes: 0, sha256 }));
  const encoder = {
    role: 'encoder',
    graph: 'encoder.onnx',
    strategy: 'resize-naive',
    filter: 'bicubic',
    size: 224,
    mean: [0.5, 0.5, 0.5],
    framesPerStep: 1,
    tokens: 196,
    width: 768,
    clipFrames: null,
  };
  const visual = {
    role: 'visual',
    graph: 'visual.onnx',
    projector: '3davg+linear',
    fusion: 'cross_attention_avg_lq',
    encoders: [{ id: 'siglip', frames: 16, visualTokens: 64 }],
    tokens: 64,
    mixing: true,
  };
  const language = {
    role: 'languageModel',
    graph: 'model.onnx',
    embeddings: 'embeddings.bin',
    embeddingType: 'float16',
    layers: 32,
    kvHeads: 32,
    headDim: 128,
    hidden: 4096,
    vocab: 32000,
    contextLength: 4096,
  };
  const tokenizer = {
    role: 'tokenizer',
    kind: 'json',
    file: 'tokenizer.json',
    config: 'tokenizer_config.json',
  };
  const part = (id: string, spec: { readonly role: string }, ...names: readonly string[]) => ({
    ...common,
    key: `${id}-int8-0123456789ab`,
    role: spec.role,
    id,
    name: id,
    files: files(...names),
    spec,
  });
  const bundle = {
    format: 2,
    id: modelId,
    name: 'Model',
    description: '',
    demonstration: false,
    notice: null,
    createdAt: 1,
    source: { kind: 'hub', repo: 'someone/model', revision: 'b'.repeat(40), path: null },
    contextLength: 4096,
    encoders: [{ id: 'siglip', frames: 16, part: 'siglip-int8-0123456789ab' }],
    visual: { part: 'visual-int8-0123456789ab' },
    languageModel: { part: 'llm-int8-0123456789ab' },
    tokenizer: { part: 'tokenizer-int8-0123456789ab' },
    prompt: { kind: 'builder', builder: 'vicuna' },
  };
  const parts = [
    part('siglip', encoder, 'encoder.onnx'),
    part('visual', visual, 'visual.onnx'),
    part('llm', language, 'model.onnx', 'embeddings.bin'),
    part('tokenizer', tokenizer, 'tokenizer.json', 'tokenizer_config.json'),
  ];
  return [
    { path: `${modelId}/bundle.json`, text: JSON.stringify(bundle) },
    ...parts.map((part) => ({ path: `parts/${part.key}/part.json`, text: JSON.stringify(part) })),
  ];
}
