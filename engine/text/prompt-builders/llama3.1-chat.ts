import { assistantSystem, ofChatFormat, type PromptBuilder } from './prompt-builder.ts';

const header = (role: string) => `<|start_header_id|>${role}<|end_header_id|>\n\n`;
const end = '<|eot_id|>';

/** `<|begin_of_text|>` is the tokenizer's to put. */
export const llama31Chat: PromptBuilder = {
  ...ofChatFormat,
  opening: `${header('system')}${assistantSystem}${end}`,
  human: (message) => `${header('user')}${message}${end}${header('assistant')}`,
  end,
};
