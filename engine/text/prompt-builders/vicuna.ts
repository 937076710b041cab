import { ofLlama2, type PromptBuilder, strip } from './prompt-builder.ts';

const ownSystem =
  'A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, detailed, ' +
  "and polite answers to the user's questions.";

/** Vicuna 1.5. */
export const vicuna: PromptBuilder = {
  ...ofLlama2,
  human: (message, system, first) =>
    `${first ? `${strip(system ?? ownSystem)} ` : ''}USER: ${message} ASSISTANT: `,
};
