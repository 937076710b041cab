import { ofLlama2, type PromptBuilder } from './prompt-builder.ts';

/** For models that were not taught to chat; a system text is accepted and ignored, as in the reference. */
export const pure: PromptBuilder = { ...ofLlama2, human: (message) => `In: ${message}\nOut: ` };
