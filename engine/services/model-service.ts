import type { Answerer } from '../answering/answerer.ts';
import type { Procedures } from './procedures.ts';
import type { Turns } from './turns.ts';

/** `models`: what is installed, and loading one ahead of its first question, when no answer runs. */
export function modelService({ models }: Procedures, answerer: Answerer, turns: Turns) {
  return {
    list: models.list.handler(async () => [...(await answerer.models())]),
    warm: models.warm.handler(async ({ input, signal = new AbortController().signal }) => {
      const giveBack = await turns.take('warm', signal);
      try {
        await answerer.warm(input.id, signal);
      } finally {
        giveBack();
      }
      return {};
    }),
  };
}
