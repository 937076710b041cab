import { ExpectedError } from '../contract/errors.ts';
import type { PromptRule } from '../models/bundle.ts';
import { chatTemplate } from '../text/chat-template.ts';
import { buildPrompt, type ChatTurn, type PromptSegment } from '../text/prompt.ts';
import type { Tokenizer } from '../text/tokenizer.ts';

/** A conversation by a model's own rule, with the system turn that the model was made for. */
export function promptOf(
  rule: PromptRule,
  turns: readonly ChatTurn[],
  tokenizer: Tokenizer,
  withVideo: boolean,
): readonly PromptSegment[] {
  switch (rule.kind) {
    case 'template': {
      const instruction = withVideo ? rule.system : rule.systemWithoutVideo;
      const own = turns.some((turn) => turn.role === 'system') || instruction === null;
      return buildPrompt({
        turns: own ? turns : [{ role: 'system', text: instruction }, ...turns],
        template: chatTemplate(rule.template, tokenizer.namedTokens),
        tokenizer,
        visual: withVideo ? rule.placement : 'none',
      });
    }
    case 'builder':
      throw new ExpectedError(
        'model_unsupported',
        `This version does not know the prompt builder ${rule.builder}.`,
        'Choose another model.',
      );
  }
}
