/** Text to token ids and back; made from tokenizer.json or a GGUF file's metadata. */
export interface Tokenizer {
  /** One more than the largest id. */
  readonly vocabSize: number;
  /** The id that every prompt begins with; null where the model has none. */
  readonly bosId: number | null;
  /** Ids that end an answer. */
  readonly eosIds: ReadonlySet<number>;
  /** Texts that chat templates refer to by name: `bos_token`, `eos_token`, … */
  readonly namedTokens: Readonly<Record<string, string>>;
  /** Special tokens written in the text (`<|im_start|>`) become their ids; nothing is added in front or behind. */
  encode(text: string): number[];
  /**
   * The text marked so that `encode` takes all of it as plain characters, also inside a longer text: what a person
   * typed must not become `<|im_end|>`. The marks (U+FDD0) are gone once encoded.
   */
  literal(text: string): string;
  /** How special tokens are written, by id: `decode` leaves them out. */
  readonly specials: ReadonlyMap<number, string>;
  /** Special tokens are left out, and one leading space where the model's own decoder drops it. */
  decode(ids: readonly number[]): string;
  /**
   * Turns ids into text one by one; only whole characters come out (a UTF-8 sequence may span tokens). The pieces
   * join to `decode` of all ids, except that ids which are no valid UTF-8 may give another number of U+FFFD.
   */
  stream(): TokenStream;
}

export interface TokenStream {
  /** The text that this id completes; '' while a character is incomplete. */
  push(id: number): string;
  /** What is left, with U+FFFD for a character that never completed. */
  end(): string;
}
