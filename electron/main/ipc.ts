import { ipcMain, type WebContents, type WebFrameMain } from 'electron';
import type * as z from 'zod';
import { isPageUrl } from './page-url.ts';
import { ShellError } from './shell-error.ts';

function fromPage(frame: WebFrameMain | null, sender: WebContents): boolean {
  return frame !== null && frame === sender.mainFrame && isPageUrl(frame.url);
}

/**
 * Answers one request of the preload script. Refuses senders other than our own page's main frame and arguments
 * of another form than `args` says; both are refused with a sentence, never with the arguments themselves.
 */
export function handle<A extends readonly unknown[], R>(
  channel: string,
  args: z.ZodType<A>,
  respond: (sender: WebContents, ...args: A) => Promise<R> | R,
): void {
  ipcMain.handle(channel, async (event, ...raw: unknown[]) => {
    if (!fromPage(event.senderFrame, event.sender))
      return { ok: false, sentence: 'Refused: not the application’s page.' };
    const parsed = args.safeParse(raw);
    if (!parsed.success) return { ok: false, sentence: `Refused: wrong arguments for ${channel}.` };
    try {
      return { ok: true, value: await respond(event.sender, ...parsed.data) };
    } catch (error) {
      if (!(error instanceof ShellError)) console.error(error);
      return { ok: false, sentence: error instanceof Error ? error.message : String(error) };
    }
  });
}
