import { builderPrompt } from './builder-prompt.ts';
import { chatTemplate } from './chat-template.ts';
import { buildPrompt, type ChatTurn, type PromptSegment } from './prompt.ts';
import type { BuilderName } from './prompt-builders/builders.ts';
import type { Tokenizer } from './tokenizer.ts';

/** How a conversation becomes a prompt: by the model's own chat template, or by one of the reference's builders. */
export type ConversationRule =
  | {
      readonly kind: 'template';
      readonly template: string;
      /** Put first where the conversation has no system turn of its own. */
      readonly system: string | null;
      /** Instead of `system` for a conversation without a video. */
      readonly systemWithoutVideo: string | null;
      readonly placement: 'after-bos' | 'marker';
    }
  | { readonly kind: 'builder'; readonly builder: BuilderName };

/**
 * A conversation, its last turn the user's, as the language model gets it, the video's place in it. Prompts of one
 * conversation extend each other. Throws ExpectedError 'model_unsupported' or 'bad_request', see {@link buildPrompt} and
 * {@link builderPrompt}.
 */
export function conversationPrompt(
  rule: ConversationRule,
  turns: readonly ChatTurn[],
  tokenizer: Tokenizer,
  withVideo: boolean,
): readonly PromptSegment[] {
  if (rule.kind === 'builder') return builderPrompt({ turns, builder: rule.builder, tokenizer, withVideo });
  const instruction = withVideo ? rule.system : rule.systemWithoutVideo;
  const own = instruction === null || turns.some(({ role }) => role === 'system');
  return buildPrompt({
    turns: own ? turns : [{ role: 'system', text: instruction }, ...turns],
    template: chatTemplate(rule.template, tokenizer.namedTokens),
    tokenizer,
    visual: withVideo ? rule.placement : 'none',
  });
}
