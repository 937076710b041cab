import type { Answerer } from '../answering/answerer.ts';
import type { Procedures } from './procedures.ts';

/** `models`: what is installed, and loading one ahead of its first question. */
export function modelService({ models }: Procedures, answerer: Answerer) {
  return {
    list: models.list.handler(async () => [...(await answerer.models())]),
    warm: models.warm.handler(async ({ input, signal }) => {
      await answerer.warm(input.id, signal ?? new AbortController().signal);
      return {};
    }),
  };
}
