import {
  checkpoint,
  type GgufMade,
  gguf,
  pickled,
  type Strided,
  safetensors,
  torchLegacy,
  torchZip,
} from '../weights/containers.ts';

const values = Array.from({ length: 64 }, (_, i) => i - 7.5);
/** One safetensors file whose header has everything: no elements, no dimensions, metadata, several types. */
function richSafetensors(): Buffer {
  const header = {
    __metadata__: { format: 'pt' },
    empty: { dtype: 'F32', shape: [0, 4], data_offsets: [0, 0] },
    half: { dtype: 'F16', shape: [2, 3], data_offsets: [0, 12] },
    scalar: { dtype: 'I64', shape: [], data_offsets: [12, 20] },
    bytes: { dtype: 'U8', shape: [4], data_offsets: [20, 24] },
    brain: { dtype: 'BF16', shape: [1, 1, 2], data_offsets: [24, 28] },
  };
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(28, 0x3c)]);
}

const tensor: Strided = { name: 'w', key: '0', storageLength: 64, offset: 0, shape: [8, 8], strides: [8, 1] };
const strided: readonly Strided[] = [
  tensor,
  { ...tensor, name: 't', shape: [4, 8], strides: [1, 4], offset: 16 },
  { ...tensor, name: 's', key: '1', storageLength: 8, shape: [], strides: [] },
  {
    ...tensor,
    name: 'h',
    key: '1',
    storageLength: 8,
    storageClass: 'FloatStorage',
    shape: [2, 3],
    strides: [4, 1],
  },
];
const storages = new Map([
  ['0', values],
  ['1', values.slice(0, 8)],
]);

/** A checkpoint with what protocol 4 and torch's own pickles use besides: memo, frames, short texts, long integers. */
function memoPickle(): Buffer {
  const short = (text: string): Buffer =>
    Buffer.concat([Buffer.from([0x8c, text.length]), Buffer.from(text), Buffer.from([0x94])]);
  const global = (module: string, name: string): Buffer =>
    Buffer.concat([short(module), short(name), Buffer.from([0x93, 0x94])]);
  const { integer, long } = pickled;
  const storage = Buffer.concat([
    Buffer.from('('),
    ...[short('storage'), global('torch', 'FloatStorage'), short('0'), short('cpu'), integer(64)],
    Buffer.from('tQ'),
  ]);
  const call = Buffer.concat([
    global('torch._utils', '_rebuild_tensor_v2'),
    ...[Buffer.from('('), storage, integer(0), integer(8), integer(8), Buffer.from([0x86, 0x94])],
    ...[integer(8), integer(1), Buffer.from([0x86, 0x94, 0x89])],
    ...[global('collections', 'OrderedDict'), Buffer.from(')Rt'), Buffer.from('R')],
  ]);
  return Buffer.concat([
    Buffer.from([0x80, 4, 0x95, 0, 1, 0, 0, 0, 0, 0, 0]),
    ...[Buffer.from('}'), Buffer.from('q\u0000('), short('w'), call],
    ...[
      short('lr'),
      Buffer.from([0x47, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0]),
      short('big'),
      long([1, 2, 3, 4, 5, 6, 7, 8, 9]),
    ],
    ...[
      short('list'),
      Buffer.from(
        ']r\u0007\u0000\u0000\u0000(K\u0001M\u0001\u0002\u0088\u0089Nej\u0007\u0000\u0000\u0000',
        'latin1',
      ),
    ],
    ...[Buffer.from('0u.')],
  ]);
}

const pieces = [
  '<unk>',
  '<s>',
  '</s>',
  '<0x0A>',
  '\u2581',
  'a',
  'b',
  'ab',
  '\u2581a',
  '\u2581ab',
  'c',
  'abc',
];
const llamaMetadata = new Map<string, GgufMade>([
  ['general.architecture', 'llama'],
  ['general.alignment', 32],
  ['llama.block_count', 1],
  ['llama.embedding_length', 8],
  ['llama.context_length', 128],
  ['llama.attention.head_count', 2],
  ['llama.attention.head_count_kv', 1],
  ['llama.attention.layer_norm_rms_epsilon', 1],
  ['llama.vocab_size', pieces.length],
  ['tokenizer.ggml.model', 'gpt2'],
  ['tokenizer.ggml.pre', 'qwen2'],
  ['tokenizer.ggml.tokens', pieces],
  ['tokenizer.ggml.merges', ['a b', 'ab c']],
  ['tokenizer.ggml.bos_token_id', 1],
  ['tokenizer.ggml.eos_token_id', 2],
  ['tokenizer.chat_template', '{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}'],
]);

const floats = (count: number): Buffer => Buffer.from(new Float32Array(count).fill(0.25).buffer);

export function ggufBases(): readonly Buffer[] {
  const tensors = [
    { name: 'token_embd.weight', shape: [12, 8], type: 0, raw: floats(96) },
    { name: 'blk.0.attn_q.weight', shape: [8, 8], type: 0, raw: floats(64) },
    { name: 'blk.0.attn_k.weight', shape: [4, 8], type: 1, raw: Buffer.alloc(64, 1) },
    { name: 'blk.0.ffn_up.weight', shape: [2, 256], type: 14, raw: Buffer.alloc(420, 3) },
    { name: 'output_norm.weight', shape: [32], type: 8, raw: Buffer.alloc(34, 2) },
  ];
  const sentencePiece = new Map<string, GgufMade>([
    ...llamaMetadata,
    ['tokenizer.ggml.model', 'llama'],
    ['tokenizer.ggml.scores', pieces.map((_, id) => -id)],
    ['tokenizer.ggml.token_type', [2, 3, 3, 6, 1, 1, 1, 1, 1, 1, 1, 4]],
  ]);
  return [gguf(llamaMetadata, tensors), gguf(sentencePiece, tensors.slice(0, 2))];
}

export function safetensorsBases(): readonly Buffer[] {
  const plain = [
    { name: 'a', shape: [8, 4], values: values.slice(0, 32) },
    { name: 'b', shape: [32], values: values.slice(32) },
  ];
  return [safetensors(plain), richSafetensors()];
}

/** Of two parts that both are the first of {@link safetensorsBases}. */
export const shardIndex = JSON.stringify({
  metadata: { total_size: 256 },
  weight_map: { a: 'one.safetensors', b: 'two.safetensors' },
});

export function pytorchBases(): readonly Buffer[] {
  const pickle = checkpoint(strided);
  return [
    torchZip(pickle, storages),
    torchZip(pickle, storages, { zip64: true }),
    torchZip(pickle, storages, { deflate: true }),
    torchZip(memoPickle(), new Map([['0', values]])),
  ];
}

export function legacyPytorchBases(): readonly Buffer[] {
  return [torchLegacy(checkpoint(strided, true), storages)];
}
