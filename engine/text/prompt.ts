export interface ChatTurn {
  readonly role: 'system' | 'user' | 'assistant';
  readonly text: string;
}

/** A prompt as the language model gets it: token ids with, at one place, the video's embeddings. */
export type PromptSegment =
  | { readonly kind: 'tokens'; readonly ids: readonly number[] }
  | { readonly kind: 'visual' };
