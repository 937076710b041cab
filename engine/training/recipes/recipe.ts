import type { RecipeName } from '../../contract/training.ts';
import { align } from './align.ts';
import { finetune } from './finetune.ts';
import { fullAlign } from './full-align.ts';
import { secondFinetune } from './second-finetune.ts';

/** What a stage of training learns from; what learns is in the contract, how fast and how long in the configuration. */
export interface Recipe {
  /** `caption`: the last turn alone, behind the video; `conversation`: questions given, answers learned. */
  readonly text: 'caption' | 'conversation';
  readonly order: 'shuffled' | 'split-modality';
}

/** The reference's stages (merv/training/strategies/base_strategy.py, merv/models/vidlms/merv.py `freeze_backbones`). */
export const recipes: Readonly<Record<RecipeName, Recipe>> = {
  align,
  'full-align': fullAlign,
  finetune,
  'second-finetune': secondFinetune,
};
