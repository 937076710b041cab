import type { ModelPart, ModelSummary } from '../../../../engine/contract/models.ts';
import type { VideoInfo } from '../../../../engine/contract/video.ts';

export const scriptedModel: ModelSummary = {
  id: 'starter',
  name: 'MERV Starter',
  description: 'Two small encoders and SmolLM2, put together for a first look.',
  demonstration: true,
  notice: 'It names common objects and simple movement. It cannot tell who people are or what they do.',
  contextLength: 2048,
  adapterOf: null,
  visualTokens: 24,
  encoders: [
    { id: 'efficientnet-lite0', name: 'EfficientNet-Lite0', frames: 8, visualTokens: 16 },
    { id: 'motion', name: 'Motion', frames: 16, visualTokens: 8 },
  ],
  parts: [
    part('encoder', 'efficientnet-lite0', 'EfficientNet-Lite0', 18_800_000, 'fp32'),
    part('encoder', 'motion', 'Motion', 1_700_000, 'fp32'),
    part('visual', 'label-mixture', 'Label mixture', 2_300_000, 'fp32'),
    part('languageModel', 'smollm2', 'SmolLM2 135M Instruct', 98_000_000, 'int4'),
  ],
  bytes: 120_800_000,
  ownBytes: 120_800_000,
  problem: null,
  memory: {
    weights: 120_800_000,
    perToken: 46_080,
    perFrame: { 'efficientnet-lite0': 9_000_000, motion: 2_000_000 },
    base: 180_000_000,
  },
  speed: {
    msPerFrame: { 'efficientnet-lite0': 11, motion: 2 },
    promptTokensPerSecond: 410,
    tokensPerSecond: 34,
  },
};

export function part(
  role: ModelPart['role'],
  id: string,
  name: string,
  bytes: number,
  precision: ModelPart['precision'],
  more: Partial<ModelPart> = {},
): ModelPart {
  return {
    role,
    key: `${id}-${precision ?? 'plain'}-0123456789ab`,
    id,
    name,
    bytes,
    precision,
    licence: 'Apache-2.0',
    source: 'scripted',
    url: null,
    quality: null,
    sharedWith: [],
    ...more,
  };
}

export function scriptedVideo(part: Partial<VideoInfo> = {}): VideoInfo {
  return {
    id: 'v1',
    path: '/media/sample.mp4',
    name: 'sample.mp4',
    kind: 'video',
    codec: 'h264',
    pixelFormat: 'yuv420p',
    width: 1280,
    height: 720,
    rotation: 0,
    frameCount: 300,
    fps: 30,
    seconds: 10,
    bytes: 2_400_000,
    hasAudio: false,
    warnings: [],
    ...part,
  };
}
