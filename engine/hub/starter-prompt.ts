import type { PromptRule } from '../models/bundle.ts';

/** How the starter is asked; `metadata` is that of its language model's GGUF file. */
export function starterPrompt(
  metadata: ReadonlyMap<string, unknown>,
): PromptRule & { readonly kind: 'template' } {
  return {
    kind: 'template',
    template: String(metadata.get('tokenizer.chat_template')),
    system: 'You see a video:<video>. Answer in one short sentence.',
    systemWithoutVideo: 'You are a helpful assistant.',
    placement: 'marker',
  };
}
