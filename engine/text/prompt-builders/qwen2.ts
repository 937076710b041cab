import { assistantSystem, ofChatFormat, type PromptBuilder } from './prompt-builder.ts';

const end = '<|im_end|>';

/** No line break behind an answer's end, unlike the model's own template. */
export const qwen2: PromptBuilder = {
  ...ofChatFormat,
  opening: `<|im_start|>system\n${assistantSystem}${end}\n`,
  human: (message) => `<|im_start|>user\n${message}${end}\n<|im_start|>assistant\n`,
  end,
};
