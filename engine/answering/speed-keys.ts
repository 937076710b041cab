/** Names of what is measured on this machine while answering. */
export const speedKeys = {
  /** Milliseconds a decoded frame. */
  decode: 'decode',
  /** Milliseconds a frame; by the encoder's hash. */
  encode: (encoder: string): string => `encode:${encoder}`,
  /** Prompt tokens a second. */
  prefill: (model: string): string => `prefill:${model}`,
  /** Generated tokens a second. */
  generate: (model: string): string => `generate:${model}`,
} as const;
