import { assistantSystem, ofLlama2, type PromptBuilder, strip } from './prompt-builder.ts';

/** The system text opens with `<<SYS>`, one bracket short: models were trained with it. */
const systemText = (system: string) => `<<SYS>\n${strip(system)}\n<</SYS>>\n\n`;

export const llama2Chat: PromptBuilder = {
  ...ofLlama2,
  human: (message, system, first) =>
    `<s>[INST] ${first ? systemText(system ?? assistantSystem) : ''}${message} [/INST] `,
};
