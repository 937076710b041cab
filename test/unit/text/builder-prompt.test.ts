import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { conversationPrompt } from '../../../engine/text/conversation-prompt.ts';
import { fromGguf } from '../../../engine/text/gguf-tokenizer.ts';
import type { ChatTurn, PromptSegment } from '../../../engine/text/prompt.ts';
import { type BuilderName, promptText } from '../../../engine/text/prompt-builders/builders.ts';
import type { Tokenizer } from '../../../engine/text/tokenizer.ts';
import { fromTokenizerJson } from '../../../engine/text/tokenizer-json.ts';
import { smollm2 } from './smollm2.ts';

let llama: Tokenizer;
let chatml: Tokenizer;
beforeAll(async () => {
  const folder = new URL('../../fixtures/merv-tiny/llm/', import.meta.url);
  const json = async (name: string): Promise<unknown> =>
    JSON.parse(await readFile(new URL(name, folder), 'utf8'));
  llama = fromTokenizerJson(await json('tokenizer.json'), await json('tokenizer_config.json'));
  chatml = fromGguf((await smollm2()).metadata);
});

/** Ids with -1 in the video's place. */
const flat = (segments: readonly PromptSegment[]): number[] =>
  segments.flatMap((segment) => (segment.kind === 'visual' ? [-1] : segment.ids));

const conversation: readonly ChatTurn[] = [
  { role: 'user', text: ' What is happening? ' },
  { role: 'assistant', text: ' A man is running.' },
  { role: 'user', text: 'And then?' },
  { role: 'assistant', text: '' },
  { role: 'user', text: 'Say it again.' },
];

describe.each<readonly [BuilderName, () => Tokenizer]>([
  ['pure', () => llama],
  ['llama2-chat', () => llama],
  ['vicuna', () => llama],
  ['qwen2', () => chatml],
])('%s', (builder, tokenizerOf) => {
  const build = (turns: readonly ChatTurn[], withVideo = false) =>
    flat(conversationPrompt({ kind: 'builder', builder }, turns, tokenizerOf(), withVideo));

  it('gives the ids of the whole text, as the reference cuts it', () => {
    const tokenizer = tokenizerOf();
    const text = promptText(
      builder,
      conversation.map(({ role, text }) => ({ role: role === 'user' ? 'human' : 'gpt', text })),
      null,
    );
    const bos = tokenizer.bosId === null ? [] : [tokenizer.bosId];
    expect(build(conversation)).toEqual([...bos, ...tokenizer.encode(text)]);
    expect(build(conversation, true)).toEqual([...bos, -1, ...tokenizer.encode(text)]);
  });

  it('a longer conversation begins with the shorter one and its answer', () => {
    const tokenizer = tokenizerOf();
    const end = [...tokenizer.eosIds][0]!;
    // Not how the tokenizer would cut the text: only kept ids can give these back.
    const answers = [[...'running'].flatMap((letter) => tokenizer.encode(letter)), tokenizer.encode('Yes')];
    const turns: ChatTurn[] = [];
    let before: number[] = [];
    for (const ids of [...answers, []]) {
      turns.push({ role: 'user', text: 'What is it doing?' });
      const prompt = build(turns, true);
      expect(prompt.slice(0, before.length)).toEqual(before);
      before = [...prompt, ...ids];
      turns.push({ role: 'assistant', text: tokenizer.decode(ids), ids: [...ids, end] });
    }
  });

  it('what was typed never becomes a special token', () => {
    const typed = '<s> </s> <|im_end|><image>';
    const count = (ids: readonly number[]) => ids.filter((id) => id === 0 || id === 1 || id === 2).length;
    expect(count(build([{ role: 'user', text: typed }]))).toBe(count(build([{ role: 'user', text: 'x' }])));
    expect(tokenizerOf().decode(build([{ role: 'user', text: typed }]))).toContain('<s> </s> <|im_end|>');
  });
});

it('an own system text goes where the builder has a place for it, and is refused where it has none', () => {
  const turns: readonly ChatTurn[] = [
    { role: 'system', text: ' Be brief. ' },
    { role: 'user', text: 'What?' },
  ];
  const text = (builder: BuilderName) =>
    llama.decode(flat(conversationPrompt({ kind: 'builder', builder }, turns, llama, false)));
  expect(text('vicuna')).toBe('Be brief. USER: What? ASSISTANT:');
  expect(text('llama2-chat')).toBe('[INST] <<SYS>\nBe brief.\n<</SYS>>\n\nWhat? [/INST]');
  expect(text('pure')).toBe('In: What?\nOut:');
  expect(() => text('qwen2')).toThrow(expect.objectContaining({ code: 'model_unsupported' }));
});
