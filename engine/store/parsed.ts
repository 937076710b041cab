import type * as z from 'zod';

/** JSON that an older version wrote in another form reads as null: what is kept must never stop the application. */
export function parsed<T>(schema: z.ZodType<T>, json: unknown): T | null {
  if (typeof json !== 'string') return null;
  try {
    return schema.safeParse(JSON.parse(json)).data ?? null;
  } catch {
    return null;
  }
}
