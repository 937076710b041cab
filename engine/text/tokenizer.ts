/** Text to token ids and back; made from tokenizer.json or a GGUF file's metadata. */
export interface Tokenizer {
  readonly vocabSize: number;
  /** Null where the model has none. */
  readonly bosId: number | null;
  /** Ids that end an answer. */
  readonly eosIds: ReadonlySet<number>;
  /** Special tokens written in the text (`<|im_start|>`) become their ids; nothing is added in front or behind. */
  encode(text: string): number[];
  /** Special tokens are left out. */
  decode(ids: readonly number[]): string;
  /** Turns ids into text one by one; only whole characters come out (a UTF-8 sequence may span tokens). */
  stream(): TokenStream;
}

export interface TokenStream {
  /** The text that this id completes; '' while a character is incomplete. */
  push(id: number): string;
  /** What is left, with U+FFFD for a character that never completed. */
  end(): string;
}
