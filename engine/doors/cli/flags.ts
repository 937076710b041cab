import * as z from 'zod';
import { type Sampling, samplingSchema } from '../../contract/sampling.ts';
import type { Clip } from '../../contract/video.ts';

/** Something on the command line was not understood: exit code 2. */
export class UsageError extends Error {}

/** A flag's value as the parser gives it: absent, once, or several times. */
const textFlag = z.union([z.string(), z.array(z.string())]).optional();
const values = (flag: z.infer<typeof textFlag>): readonly string[] =>
  flag === undefined ? [] : typeof flag === 'string' ? [flag] : flag;
const last = (flag: z.infer<typeof textFlag>): string | undefined => values(flag).at(-1);

const askFlagsSchema = z.object({
  from: textFlag,
  to: textFlag,
  model: textFlag,
  maxTokens: textFlag,
  temperature: textFlag,
  topP: textFlag,
  topK: textFlag,
  minP: textFlag,
  repetitionPenalty: textFlag,
  seed: textFlag,
  stop: textFlag,
  system: textFlag,
  json: z.boolean().default(false),
});

export interface AskFlags {
  readonly clip: Clip | null;
  readonly modelId: string | null;
  readonly system: string | null;
  readonly sampling: Sampling;
  readonly json: boolean;
}

/** Throws UsageError that names the flag and what is wrong with its value. */
export function askFlags(raw: unknown): AskFlags {
  const flags = askFlagsSchema.parse(raw);
  const sampling = {
    temperature: numberOf(flags.temperature),
    topP: numberOf(flags.topP),
    topK: numberOf(flags.topK),
    minP: numberOf(flags.minP),
    repetitionPenalty: numberOf(flags.repetitionPenalty),
    maxTokens: numberOf(flags.maxTokens),
    seed: numberOf(flags.seed),
    stop: flags.stop === undefined ? undefined : values(flags.stop),
  };
  const parsed = samplingSchema.safeParse(sampling);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new UsageError(`--${dashed(String(issue.path[0]))}: ${issue.message}`);
  }
  return {
    clip: clipOf(last(flags.from), last(flags.to)),
    modelId: last(flags.model) ?? null,
    system: last(flags.system) ?? null,
    sampling: parsed.data,
    json: flags.json,
  };
}

const serveFlagsSchema = z.object({ port: textFlag, host: textFlag, token: textFlag });

export interface ServeFlags {
  /** null where none was named: then any free port will do. */
  readonly port: number | null;
  readonly host: string;
  readonly token: string | null;
}

const shortestToken = 16;

export function serveFlags(raw: unknown): ServeFlags {
  const flags = serveFlagsSchema.parse(raw);
  const port = numberOf(flags.port) ?? null;
  if (port !== null && !(Number.isInteger(port) && port >= 0 && port <= 65535)) {
    throw new UsageError('--port: a whole number from 0 to 65535 is expected');
  }
  const token = last(flags.token) ?? null;
  if (token !== null && !(token.length >= shortestToken && /^[\w.~-]+$/.test(token))) {
    throw new UsageError(`--token: at least ${shortestToken} letters, digits or ._~- are expected`);
  }
  return { port, host: last(flags.host) ?? '127.0.0.1', token };
}

/** Each `--precision`, as it was typed. */
export function precisionFlags(raw: unknown): readonly string[] {
  return values(z.object({ precision: textFlag }).parse(raw).precision);
}

export function jsonFlag(raw: unknown): boolean {
  return z.object({ json: z.boolean().default(false) }).parse(raw).json;
}

/** NaN for what is no number: the schema then says what was expected. */
function numberOf(flag: z.infer<typeof textFlag>): number | undefined {
  const text = last(flag);
  if (text === undefined) return undefined;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
}

function clipOf(from: string | undefined, to: string | undefined): Clip | null {
  if (from === undefined && to === undefined) return null;
  const clip = { from: secondsOf(from ?? '0', 'from'), to: to === undefined ? null : secondsOf(to, 'to') };
  if (clip.to !== null && clip.to <= clip.from) throw new UsageError('--to must lie after --from');
  return clip;
}

/** "8.5", "0:07", "1:02:03.25" */
function secondsOf(text: string, flag: string): number {
  if (!/^(\d+:){0,2}\d+(\.\d+)?$/.test(text)) {
    throw new UsageError(
      `--${flag}: seconds (8.5) or a time (1:02.5) is expected, not ${JSON.stringify(text)}`,
    );
  }
  return text.split(':').reduce((seconds, part) => seconds * 60 + Number(part), 0);
}

const dashed = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
