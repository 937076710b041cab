import type { Model } from '../models/model.ts';
import { conversationPrompt } from '../text/conversation-prompt.ts';
import { visualMarker } from '../text/prompt.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { openTokenizer } from './open-tokenizer.ts';

const question = 'What happens in the video?';
/** Stands for the id that begins a prompt. */
const bosSign = -1;

/**
 * What the language model reads for one question, special tokens written out, the video's place marked `<video>`.
 * Throws ExpectedError where the tokenizer or the template cannot be used.
 */
export async function promptPreview(model: Model): Promise<string> {
  const tokenizer = await openTokenizer(model.tokenizer);
  const bos = tokenizer.namedTokens.bos_token ?? '<s>';
  const turns = [{ role: 'user', text: question }] as const;
  const withVideo = model.encoders.length > 0;
  const segments = conversationPrompt(model.bundle.prompt, turns, characters(tokenizer, bos), withVideo);
  return segments
    .map((segment) =>
      segment.kind === 'visual'
        ? visualMarker
        : segment.ids.map((id) => (id === bosSign ? bos : String.fromCodePoint(id))).join(''),
    )
    .join('');
}

/** As the model's tokenizer, but each character is an id of its own, so that nothing of a prompt is lost in decoding. */
function characters(tokenizer: Tokenizer, bos: string): Tokenizer {
  const pointsOf = (text: string): number[] => [...text].map((character) => character.codePointAt(0) ?? 0);
  return {
    ...tokenizer,
    bosId: tokenizer.bosId === null ? null : bosSign,
    encode: (text) =>
      text.split(bos).flatMap((piece, at) => [...(at === 0 ? [] : [bosSign]), ...pointsOf(piece)]),
    literal: (text) => text,
    decode: (ids) => String.fromCodePoint(...ids.filter((id) => id >= 0)),
  };
}
