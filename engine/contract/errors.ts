import * as z from 'zod';

/**
 * Every failure that a user can meet has a code here. An operation has three outcomes: a value, one of these
 * (an expected error: code, sentence, remedy), or a bug (anything else thrown).
 */
export const errorCodes = [
  'bad_request',
  'cancelled',
  'file_missing',
  'file_unreadable',
  'file_corrupt',
  'file_unsupported',
  'not_allowed',
  'no_video_stream',
  'no_frames',
  'clip_out_of_range',
  'ffmpeg_missing',
  'ffmpeg_failed',
  'disk_full',
  'network',
  /** Offline mode forbids the request. */
  'offline',
  /** 401: the token is missing or wrong. */
  'unauthorised',
  /** 403 of a gated repository: its conditions have to be accepted. */
  'gated',
  /** 429. */
  'rate_limited',
  /** What was fetched is not what was announced: hash, length, ETag. */
  'wrong_content',
  'out_of_memory',
  'model_missing',
  'model_incomplete',
  'model_unsupported',
  'context_full',
  'busy',
  'provider_unavailable',
  /** The native training engine is not installed, or cannot be loaded here. */
  'training_unavailable',
  /** Loss or gradients are no numbers any more. */
  'training_diverged',
  'not_found',
  'engine_stopped',
] as const;

export const errorCodeSchema = z.enum(errorCodes);
export type ErrorCode = z.infer<typeof errorCodeSchema>;

/** What crosses a door when something expected goes wrong. */
export const expectedErrorSchema = z.object({
  code: errorCodeSchema,
  /** One sentence that names the file, model or setting concerned. */
  sentence: z.string(),
  /** What the user can do about it. */
  remedy: z.string(),
});
export type ExpectedErrorData = z.infer<typeof expectedErrorSchema>;

/** An expected error inside the engine. Doors turn it into {@link ExpectedErrorData}. */
export class ExpectedError extends Error {
  override readonly name = 'ExpectedError';
  readonly code: ErrorCode;
  readonly remedy: string;

  constructor(code: ErrorCode, sentence: string, remedy: string, options?: { readonly cause?: unknown }) {
    super(sentence, options);
    this.code = code;
    this.remedy = remedy;
  }

  toData(): ExpectedErrorData {
    return { code: this.code, sentence: this.message, remedy: this.remedy };
  }
}

/** The error that crossed a door as this. */
export function errorFrom({ code, sentence, remedy }: ExpectedErrorData): ExpectedError {
  return new ExpectedError(code, sentence, remedy);
}

/** The error of a stopped operation; never shown as a failure. */
export function cancelled(): ExpectedError {
  return new ExpectedError('cancelled', 'Stopped.', 'Ask again when you are ready.');
}
