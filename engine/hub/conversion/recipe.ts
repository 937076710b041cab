import type { InstallPlan } from '../../contract/hub.ts';
import type { PartRole, Precision } from '../../contract/models.ts';
import type { PromptRule } from '../../models/bundle.ts';
import type { ResizeStrategy } from '../../models/encoder.ts';
import type { FeatureShape } from '../../models/projectors/projector.ts';
import type { PlaceFile, PlaceOrigin } from './place.ts';

export interface SourceFile extends PlaceFile {
  readonly origin: PlaceOrigin;
}

export interface EncoderMaking {
  readonly role: 'encoder';
  /** The reference's id, which decides family, layer and tokens. */
  readonly id: string;
  readonly config: unknown;
  readonly strategy: ResizeStrategy;
  /** A weights file, or the index of several. */
  readonly weights: SourceFile;
}

export interface VisualMaking {
  readonly role: 'visual';
  readonly checkpoint: SourceFile;
  /** `arch_specifier` and `feature_fusion` of the checkpoint's config.json. */
  readonly projector: string;
  readonly fusion: string | null;
  readonly tokenLength: number;
  readonly encoders: readonly {
    readonly id: string;
    readonly frames: number;
    readonly shape: FeatureShape;
  }[];
}

export interface LanguageModelMaking {
  readonly role: 'languageModel';
  /** Where the tensors are: below a MERV checkpoint's `llm_backbone`, under Hugging Face's names, or a GGUF's. */
  readonly form: 'merv' | 'huggingface' | 'gguf';
  /** config.json; null for a GGUF file, which holds its own. */
  readonly config: unknown;
  readonly weights: SourceFile;
}

export interface TokenizerMaking {
  readonly role: 'tokenizer';
  readonly kind: 'gguf' | 'json' | 'sentencepiece';
  readonly file: SourceFile;
  readonly config: SourceFile | null;
}

type Making = EncoderMaking | VisualMaking | LanguageModelMaking | TokenizerMaking;

/** One part as it would be made, worked out from configuration files and the heads of weights files alone. */
export interface RecipePart<M extends Making = Making> {
  readonly role: PartRole;
  readonly id: string;
  readonly name: string;
  readonly licence: string;
  readonly origin: PlaceOrigin;
  /** All that has to be on this machine to make it. */
  readonly files: readonly SourceFile[];
  /** Its bytes on disk at each precision that it can be written at, the proposed one first; null: it has none. */
  readonly sizes: readonly { readonly precision: Precision | null; readonly bytes: number }[];
  readonly parameters: number | null;
  /** The most that making it takes beside the application, in bytes. */
  readonly memory: number;
  readonly making: M;
}

/** A model as it would be made. The same encoder used twice is one part. */
export interface ModelRecipe {
  readonly kind: Extract<InstallPlan['kind'], 'merv' | 'language-model'>;
  /** Proposed: a folder's name. */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly contextLength: number;
  readonly prompt: PromptRule;
  readonly encoders: readonly {
    readonly part: RecipePart<EncoderMaking>;
    readonly id: string;
    readonly frames: number;
  }[];
  readonly visual: RecipePart<VisualMaking> | null;
  readonly languageModel: RecipePart<LanguageModelMaking>;
  readonly tokenizer: RecipePart<TokenizerMaking>;
}

/** Every part once, in the order in which they are made: small ones first where one needs another's files too. */
export function recipeParts({
  encoders,
  visual,
  languageModel,
  tokenizer,
}: ModelRecipe): readonly RecipePart[] {
  const eyes = encoders.map(({ part }) => part);
  return [...new Set<RecipePart>([tokenizer, ...eyes, ...(visual === null ? [] : [visual]), languageModel])];
}
