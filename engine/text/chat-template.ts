import { Template } from '@huggingface/jinja';
import { ExpectedError } from '../contract/errors.ts';

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** Writes a conversation as one text, up to where the assistant's next answer begins. */
export interface ChatTemplate {
  /** Throws ExpectedError 'model_unsupported' when the template refuses these messages. */
  render(messages: readonly ChatMessage[]): string;
}

/** No known template comes near. */
const longestTemplate = 1 << 20;

/**
 * A model's own template (Jinja, `chat_template` of tokenizer_config.json or GGUF's `tokenizer.chat_template`).
 * `namedTokens` are the texts it refers to: `bos_token`, `eos_token`, … Throws ExpectedError 'model_unsupported'.
 */
export function chatTemplate(source: string, namedTokens: Readonly<Record<string, string>>): ChatTemplate {
  if (source.length > longestTemplate) throw failed('it is too long');
  const template = attempt(() => new Template(source));
  return {
    render: (messages) =>
      attempt(() =>
        template.render({
          // Templates ask for tokens that a model may not have; Python renders those as nothing.
          bos_token: '',
          eos_token: '',
          ...namedTokens,
          messages: messages.map(({ role, content }) => ({ role, content })),
          add_generation_prompt: true,
        }),
      ),
  };
}

function attempt<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw failed(error instanceof Error ? error.message : String(error), error);
  }
}

function failed(detail: string, cause?: unknown): ExpectedError {
  return new ExpectedError(
    'model_unsupported',
    `The model's chat template failed: ${detail.slice(0, 300)}.`,
    'Shorten the conversation or choose another model.',
    cause === undefined ? undefined : { cause },
  );
}
