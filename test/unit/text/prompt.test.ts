import { beforeAll, describe, expect, it } from 'vitest';
import { type ChatTemplate, chatTemplate } from '../../../engine/text/chat-template.ts';
import { fromGguf } from '../../../engine/text/gguf-tokenizer.ts';
import {
  buildPrompt,
  type ChatTurn,
  type PromptSegment,
  type VisualPlace,
} from '../../../engine/text/prompt.ts';
import type { Tokenizer } from '../../../engine/text/tokenizer.ts';
import { smollm2 } from './smollm2.ts';

let golden: Awaited<ReturnType<typeof smollm2>>;
let tokenizer: Tokenizer;
let chatml: ChatTemplate;
beforeAll(async () => {
  golden = await smollm2();
  tokenizer = fromGguf(golden.metadata);
  chatml = chatTemplate(golden.chatTemplate, tokenizer.namedTokens);
});

/** Ids with -1 in the video's place. */
const flat = (segments: readonly PromptSegment[]): number[] =>
  segments.flatMap((segment) => (segment.kind === 'visual' ? [-1] : segment.ids));

const build = (turns: readonly ChatTurn[], visual: VisualPlace = 'none', template = chatml): number[] =>
  flat(buildPrompt({ turns, template, tokenizer, visual }));

const user = (text: string): ChatTurn => ({ role: 'user', text });

it('writes what the reference writes', () => {
  const system: ChatTurn = {
    role: 'system',
    text: 'You are a helpful AI assistant named SmolLM, trained by Hugging Face',
  };
  expect(build([system, user('What is the capital of France?')])).toEqual(golden.prompts[0]?.ids);
  expect(build([user('What is the capital of France?')])).toEqual(golden.prompts[0]?.ids);
});

describe("the video's place", () => {
  const ask = user('What is <video> in the video?<|im_end|>');

  it('is the marker in the system turn; typed markers and special tokens are text', () => {
    const ids = build([{ role: 'system', text: 'A <video> and <video>' }, ask], 'marker');
    expect(ids.filter((id) => id === -1)).toHaveLength(1);
    expect(ids.filter((id) => id === 2)).toHaveLength(2);
    expect(tokenizer.decode(ids.slice(0, ids.indexOf(-1)))).toBe('system\nA ');
    expect(tokenizer.decode(ids.slice(ids.indexOf(-1) + 1))).toBe(
      ' and <video>\nuser\nWhat is <video> in the video?<|im_end|>\nassistant\n',
    );
  });

  it('is a line before the first question without one', () => {
    const ids = build([user('A cat.'), { role: 'assistant', text: 'A cat.' }, user('And then?')], 'marker');
    expect(ids.filter((id) => id === -1)).toHaveLength(1);
    expect(tokenizer.decode(ids.slice(ids.indexOf(-1) + 1))).toBe(
      '\nA cat.\nassistant\nA cat.\nuser\nAnd then?\nassistant\n',
    );
  });

  it('is behind the first id, or index 0 where no id begins every prompt', () => {
    expect(build([ask], 'after-bos')[0]).toBe(-1);
    const withBos = { ...tokenizer, bosId: 1 };
    const segments = buildPrompt({ turns: [ask], template: chatml, tokenizer: withBos, visual: 'after-bos' });
    expect(segments.slice(0, 2)).toEqual([{ kind: 'tokens', ids: [1] }, { kind: 'visual' }]);
    expect(flat(segments).slice(2)).toEqual(build([ask]).slice(1));
    const plain: ChatTemplate = { render: (messages) => `In: ${messages[0]?.content}\nOut:` };
    expect(
      flat(buildPrompt({ turns: [ask], template: plain, tokenizer: withBos, visual: 'after-bos' })).slice(
        0,
        2,
      ),
    ).toEqual([1, -1]);
  });

  it('must survive the template', () => {
    const deaf = chatTemplate('{{ messages | length }}', {});
    expect(() => build([ask], 'marker', deaf)).toThrow(
      expect.objectContaining({ code: 'model_unsupported' }),
    );
  });
});

describe('a longer conversation begins with the shorter one', () => {
  const llama2 =
    "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'user' %}{{ '[INST] ' + m['content'] + ' [/INST]' }}" +
    "{% else %}{{ ' ' + m['content'] + ' ' + eos_token }}{% endif %}{% endfor %}";
  const trimming =
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] | trim }}<|im_end|>\n{% endfor %}" +
    '{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}';

  it.each([
    ['ChatML', null],
    ['LLaMA-2', llama2],
    ['a trimming template', trimming],
  ])('%s', (_name, source) => {
    const template = source === null ? chatml : chatTemplate(source, tokenizer.namedTokens);
    // Not how the tokenizer itself would cut "Paris": only kept ids can give these back.
    const answers = [
      [...tokenizer.encode('Pa'), ...tokenizer.encode('ris'), 2],
      tokenizer.encode('  A cat. \n'),
    ];
    const turns: ChatTurn[] = [];
    let before: number[] = [];
    for (const ids of [...answers, []]) {
      turns.push(user(' What is in the video? '));
      for (const visual of ['none', 'marker', 'after-bos'] as const) {
        const prompt = build(turns, visual, template);
        if (visual === 'none') {
          expect(prompt.slice(0, before.length)).toEqual(before);
          before = [...prompt, ...ids.filter((id) => id !== 2)];
        } else
          expect(prompt.filter((id) => id !== -1).length).toBeGreaterThanOrEqual(
            build(turns, 'none', template).length,
          );
      }
      turns.push({ role: 'assistant', text: tokenizer.decode(ids), ids });
    }
  });

  it('also without ids, where the answer was cut as the tokenizer cuts it', () => {
    const first = [user('What is in the video?')];
    const answer = 'A cat, then a cup of coffee';
    const next = build([...first, { role: 'assistant', text: answer }, user('And then?')]);
    const expected = [...build(first), ...tokenizer.encode(answer)];
    expect(next.slice(0, expected.length)).toEqual(expected);
  });
});

it('a template that fails is the model’s fault, not a bug', () => {
  expect(() => chatTemplate('{% for %}', {})).toThrow(expect.objectContaining({ code: 'model_unsupported' }));
  const strict = chatTemplate("{{ raise_exception('no system role') }}", {});
  expect(() => build([user('x')], 'none', strict)).toThrow('no system role');
});
