/** Where the parts' weights stand among the parameters: the reference's module names. */
export const modulePrefixes = {
  languageModel: 'llm_backbone.llm.',
  projector: (encoder: number) => `projectors.${encoder}.`,
  fusion: 'feature_fusion.',
} as const;
