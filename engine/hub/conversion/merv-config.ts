import * as z from 'zod';
import { ExpectedError } from '../../contract/errors.ts';

/** What a run is trained with where its config.json does not say (merv/conf/models.py, `MERV_Base`). */
const modelSchema = z
  .object({
    model_id: z.string().default('merv'),
    arch_specifier: z.string().default('no-align+3davg+linear'),
    feature_fusion: z.string().nullable().default('cross_attention_avg_lq'),
    video_backbone_ids: z
      .array(z.string())
      .min(1)
      .max(16)
      .default([
        'languagebind-video-noclass',
        'dinov2-video-all-tokens',
        'vivit-google-b-all-no-cls-16frames',
        'siglip-vit-b16-224px-all-no-cls',
      ]),
    llm_backbone_id: z.string().default('llama2-7b-pure'),
    image_resize_strategy: z.enum(['resize-naive', 'resize-crop', 'letterbox']).default('resize-naive'),
    num_frames: z
      .union([z.number().int().min(1), z.array(z.number().int().min(1))])
      .default([16, 16, 32, 16]),
    projector_token_length: z.number().int().min(1).default(64),
  })
  .transform(({ num_frames, ...config }) => ({
    ...config,
    // Older runs write one number for all encoders.
    frames: typeof num_frames === 'number' ? config.video_backbone_ids.map(() => num_frames) : num_frames,
  }));
export type MervConfig = z.infer<typeof modelSchema>;

const configSchema = z.object({ model: modelSchema });

/** Whether a config.json is that of a MERV run. */
export function isMervConfig(json: Readonly<Record<string, unknown>>): boolean {
  const { model } = json;
  return typeof model === 'object' && model !== null && 'video_backbone_ids' in model;
}

/** Throws ExpectedError 'model_unsupported' that names what is wrong with it. */
export function readMervConfig(json: unknown, path: string): MervConfig {
  const parsed = configSchema.safeParse(json);
  if (parsed.success && parsed.data.model.frames.length === parsed.data.model.video_backbone_ids.length) {
    return parsed.data.model;
  }
  const issue = parsed.error?.issues[0];
  const why = issue
    ? `${issue.path.join('.')}: ${issue.message}`
    : 'num_frames and video_backbone_ids are not equally many';
  throw new ExpectedError(
    'model_unsupported',
    `The configuration ${path} is not one of a MERV run (${why}).`,
    'Choose the config.json that was saved with the checkpoint.',
  );
}
