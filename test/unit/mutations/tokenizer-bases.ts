import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Tokenizers of each kind that is known, with every step that their pipelines use. */
export function tokenizerJsonBases(llm: string): readonly Buffer[] {
  const added = [
    { id: 0, content: '<s>', special: true, lstrip: false, rstrip: true },
    { id: 1, content: '</s>', special: true },
    { id: 2, content: '<tool>', special: false, single_word: true },
  ];
  const vocab = {
    '<s>': 0,
    '</s>': 1,
    '<tool>': 2,
    a: 3,
    b: 4,
    ab: 5,
    '\u0120': 6,
    '\u0120a': 7,
    c: 8,
    '1': 9,
  };
  const merges = [['a', 'b'], '\u0120 a'];
  const template = {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: '<s>' } }, { Sequence: { id: 'A' } }],
  };
  const pattern =
    "(?i:'s|'t)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s+(?!\\S)|\\s+";
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false };
  const cut = {
    type: 'Sequence',
    pretokenizers: [
      { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false },
      byteLevel,
    ],
  };
  const levels = {
    version: '1.0',
    added_tokens: added,
    normalizer: { type: 'NFC' },
    pre_tokenizer: cut,
    post_processor: { type: 'Sequence', processors: [byteLevel, template] },
    decoder: byteLevel,
    model: { type: 'BPE', vocab, merges, ignore_merges: true, fuse_unk: false, byte_fallback: false },
  };
  const metaspace = { type: 'Metaspace', replacement: '\u2581', prepend_scheme: 'first', split: false };
  const spaced = {
    ...levels,
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'Replace', pattern: { String: ' ' }, content: '\u2581' },
        { type: 'Prepend', prepend: '\u2581' },
      ],
    },
    pre_tokenizer: metaspace,
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '\u2581' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        { type: 'Strip', content: ' ', start: 1, stop: 0 },
      ],
    },
    model: {
      type: 'BPE',
      vocab: { ...vocab, '\u2581': 10, '<0x0A>': 11, '<unk>': 12 },
      merges,
      unk_token: '<unk>',
      byte_fallback: true,
      fuse_unk: true,
    },
  };
  const digits = {
    ...levels,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Digits', individual_digits: true },
        { ...byteLevel, use_regex: true },
      ],
    },
  };
  const real = readFileSync(join(llm, 'tokenizer.json'));
  return [levels, spaced, digits].map((json) => Buffer.from(JSON.stringify(json))).concat(real);
}

/** A small SentencePiece model as sentencepiece_model.proto writes it, and a real one. */
export function tokenizerModelBases(llm: string): readonly Buffer[] {
  const texts = ['<unk>', '<s>', '</s>', '<0x0A>', '\u2581', 'a', 'b', 'ab', '\u2581a', '<tool>'];
  const kinds = [2, 3, 3, 6, 1, 1, 1, 1, 1, 4];
  const block = (tag: number, body: Buffer): Buffer => Buffer.concat([Buffer.from([tag, body.length]), body]);
  const pieces = texts.map((text, id) => {
    const score = Buffer.from(new Float32Array([-id]).buffer);
    const fields = [
      block(0x0a, Buffer.from(text)),
      Buffer.from([0x15]),
      score,
      Buffer.from([0x18, kinds[id] ?? 1]),
    ];
    return block(0x0a, Buffer.concat(fields));
  });
  const trainer = block(0x12, Buffer.from([0x18, 2]));
  return [Buffer.concat([...pieces, trainer]), readFileSync(join(llm, 'tokenizer.model'))];
}
