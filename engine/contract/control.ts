import * as z from 'zod';

/**
 * The few messages between the shell's main process and the engine it started. They stay small: everything heavy
 * goes over the window's own MessagePort (bulk writes from Electron's main process to a child were seen to stall).
 */
export const toEngineSchema = z.discriminatedUnion('type', [
  /** Carries one MessagePort that speaks the contract. */
  z.object({ type: z.literal('connect') }),
  /** The user picked this file or folder: it may be opened. Answered by `granted` with the same id. */
  z.object({ type: z.literal('grant'), id: z.number().int(), path: z.string().min(1) }),
  /** Stop what runs, keep it, end. The same as SIGTERM, which Windows does not have. */
  z.object({ type: z.literal('close') }),
]);
export type ToEngine = z.infer<typeof toEngineSchema>;

export const fromEngineSchema = z.discriminatedUnion('type', [
  /** Sent once, when ports can be connected. */
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('granted'), id: z.number().int() }),
  /** This video was opened: the shell may serve its file to the window as media://video/<id>. */
  z.object({ type: z.literal('media'), id: z.string().min(1), path: z.string().min(1) }),
  /** The engine cannot start, and starting it again would not help; it ends after this. */
  z.object({ type: z.literal('fatal'), sentence: z.string(), remedy: z.string() }),
]);
export type FromEngine = z.infer<typeof fromEngineSchema>;
