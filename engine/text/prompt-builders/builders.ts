import { ExpectedError } from '../../contract/errors.ts';
import { llama2Chat } from './llama2-chat.ts';
import { llama31Chat } from './llama3.1-chat.ts';
import type { PromptBuilder } from './prompt-builder.ts';
import { pure } from './pure.ts';
import { qwen2 } from './qwen2.ts';
import { vicuna } from './vicuna.ts';

export type BuilderName = 'pure' | 'llama2-chat' | 'llama3.1-chat' | 'vicuna' | 'qwen2';

const builders: Readonly<Record<BuilderName, PromptBuilder>> = {
  pure,
  'llama2-chat': llama2Chat,
  'llama3.1-chat': llama31Chat,
  vicuna,
  qwen2,
};

/**
 * The builder of a config.json's `llm_backbone_id` ("llama2-7b-pure"), by the rules of the reference's `prompt_builder_fn`
 * (merv/models/backbones/llm): LLaMA-3's chat models get LLaMA-2's. Null where the reference has none.
 */
export function builderOf(llmBackboneId: string): BuilderName | null {
  if (llmBackboneId.startsWith('vicuna')) return 'vicuna';
  if (llmBackboneId.startsWith('llama3.1-')) return 'llama3.1-chat';
  if (llmBackboneId.startsWith('qwen2')) return 'qwen2';
  if (!/^llama[23]-/.test(llmBackboneId)) return null;
  if (llmBackboneId.endsWith('-pure')) return 'pure';
  return llmBackboneId.endsWith('-chat') ? 'llama2-chat' : null;
}

export interface Message {
  readonly role: 'human' | 'gpt';
  readonly text: string;
}

export interface WrittenTurns {
  readonly builder: PromptBuilder;
  /** Every message in its place: what the reference's `add_turn` gives back, an answer without its end. */
  readonly turns: readonly string[];
}

/**
 * Messages in their places. `system` null means the builder's own text; `literal` is applied to whatever a person or a
 * model wrote. Throws ExpectedError 'bad_request' where questions and answers do not take turns, 'model_unsupported' where
 * the builder takes no other system text.
 */
export function writeTurns(
  name: BuilderName,
  messages: readonly Message[],
  system: string | null,
  literal: (text: string) => string = (text) => text,
): WrittenTurns {
  const builder = builders[name];
  if (system !== null && !builder.takesSystem) {
    throw new ExpectedError(
      'model_unsupported',
      `The model's prompt, ${name}, has its own system text and takes no other.`,
      'Leave the instruction empty.',
    );
  }
  const turns = messages.map(({ role, text }, i) => {
    if (role !== (i % 2 === 0 ? 'human' : 'gpt')) throw outOfTurn(i);
    const message = literal(builder.clean(text));
    return role === 'gpt'
      ? builder.answer(message)
      : builder.human(message, system === null ? null : literal(system), i === 0);
  });
  return { builder, turns };
}

function outOfTurn(index: number): ExpectedError {
  return new ExpectedError(
    'bad_request',
    `Turn ${index + 1} of the conversation is not ${index % 2 === 0 ? 'a question' : 'an answer'}.`,
    'Let questions and answers take turns, beginning with a question.',
  );
}

/** The whole text, as the reference's `get_prompt` gives it. Errors as {@link writeTurns}. */
export function promptText(name: BuilderName, messages: readonly Message[], system: string | null): string {
  const { builder, turns } = writeTurns(name, messages, system);
  const text = turns.map((turn, i) => (i % 2 === 0 ? turn : turn + builder.end)).join('');
  return builder.finish(builder.opening + text);
}
