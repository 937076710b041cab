import * as z from 'zod';

const turnSchema = z.object({ from: z.enum(['human', 'gpt']), value: z.string() });
const rowSchema = z.object({
  id: z.union([z.string(), z.number()]).optional(),
  /** Paths below the data set's folders. */
  video: z.string().min(1).optional(),
  image: z.string().min(1).optional(),
  /** Seconds of the video, from and to: our own addition to the form. */
  clip: z.tuple([z.number().min(0), z.number().positive()]).optional(),
  conversations: z.array(turnSchema).min(2),
});

/** One row of the reference's data (Video-LLaVA's JSON): a conversation about a video, an image or nothing. */
export type Row = z.infer<typeof rowSchema>;

export interface BadRow {
  /** From 0. */
  readonly index: number;
  readonly why: string;
}

/**
 * The rows of a data set and those that are none, each with the reason: they are left out of training and reported, never
 * put right in silence. `json` null or no list gives one bad row.
 */
export function readRows(json: unknown): { readonly rows: readonly Row[]; readonly bad: readonly BadRow[] } {
  if (!Array.isArray(json))
    return { rows: [], bad: [{ index: 0, why: 'the file holds no list of examples' }] };
  const rows: Row[] = [];
  const bad: BadRow[] = [];
  for (const [index, item] of (json as unknown[]).entries()) {
    const parsed = rowSchema.safeParse(item);
    const why = parsed.success ? whyNot(parsed.data) : issue(parsed.error);
    if (parsed.success && why === null) rows.push(parsed.data);
    else bad.push({ index, why: why ?? '' });
  }
  return { rows, bad };
}

/** Rules beyond the shape of a row. */
function whyNot({ video, image, clip, conversations }: Row): string | null {
  if (video !== undefined && image !== undefined) return 'it has both a video and an image';
  if (clip !== undefined && (video === undefined || clip[1] <= clip[0])) return 'its clip is none of a video';
  const wrong = conversations.findIndex(({ from }, i) => from !== (i % 2 === 0 ? 'human' : 'gpt'));
  return wrong < 0 ? null : `its turn ${wrong + 1} is not ${wrong % 2 === 0 ? 'human' : 'gpt'}'s`;
}

function issue(error: z.ZodError): string {
  const [first] = error.issues;
  return `${first?.path.join('.') || 'it'}: ${first?.message ?? 'is wrong'}`;
}

export function hasPicture({ video, image }: Row): boolean {
  return video !== undefined || image !== undefined;
}

/** Words of all turns, by which batches are made alike in length (merv/preprocessing `get_modality_lengths`). */
export function wordsOf({ conversations }: Row): number {
  return conversations.reduce((sum, { value }) => sum + value.split(/\s+/u).filter(Boolean).length, 0);
}
