import * as z from 'zod';

/** A part of a video, in seconds from its first frame; `to` null means up to the end. */
export const clipSchema = z.object({ from: z.number().min(0), to: z.number().positive().nullable() });
export type Clip = z.infer<typeof clipSchema>;

export const videoInfoSchema = z.object({
  id: z.string(),
  path: z.string(),
  name: z.string(),
  kind: z.enum(['video', 'gif', 'image', 'folder']),
  codec: z.string(),
  pixelFormat: z.string(),
  /** Size as shown, rotation applied. */
  width: z.number().int(),
  height: z.number().int(),
  rotation: z.number().int(),
  frameCount: z.number().int(),
  /** Average frames a second: frameCount / seconds for a file without a rate of its own. */
  fps: z.number(),
  seconds: z.number(),
  bytes: z.number(),
  hasAudio: z.boolean(),
  /** Whole sentences: "The file is cut off after 3.2 s; frames up to there are used." */
  warnings: z.array(z.string()),
});
export type VideoInfo = z.infer<typeof videoInfoSchema>;

/** One frame as an encoder sees it: its number in the video and its presentation time. */
export const frameRefSchema = z.object({ index: z.number().int(), seconds: z.number() });
export type FrameRef = z.infer<typeof frameRefSchema>;

export const encoderFramesSchema = z.object({ encoder: z.string(), frames: z.array(frameRefSchema) });
export type EncoderFrames = z.infer<typeof encoderFramesSchema>;

export const thumbnailSchema = z.object({
  index: z.number().int(),
  seconds: z.number(),
  /** A JPEG as a `data:` address. */
  dataUrl: z.string(),
});
export type Thumbnail = z.infer<typeof thumbnailSchema>;
