import { prepareFrame } from '../../engine/models/prepare-frame.ts';
import type { LinearPrecision } from '../../engine/nn/precision.ts';
import { EncoderSession } from '../../engine/runtime/encoder-session.ts';
import { decodeFrames } from '../../engine/video/decode.ts';
import { sampleFrames } from '../../engine/video/sampling.ts';
import type { OpenedVideo } from '../../engine/video/video.ts';
import { realEncoder, realGraph } from './real-encoders.ts';

/** SigLIP ViT-B/16 at 224 with random weights, up to the last but one block as the reference uses it. */
export async function openSiglip(precision: LinearPrecision): Promise<EncoderSession> {
  return EncoderSession.open((await realGraph(realEncoder('siglip'), precision)).file);
}

/** 16 frames of a video from the file to features. */
export async function encodeVideo(session: EncoderSession, video: OpenedVideo): Promise<void> {
  const { info } = video;
  const sampling = { frameCount: info.frameCount, averageFps: info.fps, clip: null, counts: [16] };
  for (const frame of await decodeFrames(video, sampleFrames(sampling).indexes)) {
    const square = { size: 224, filter: 'bicubic', mean: [0.5, 0.5, 0.5] } as const;
    await session.encode(prepareFrame(frame, { ...square, strategy: 'resize-naive' }), square.size);
  }
}
