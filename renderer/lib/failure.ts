import { ORPCError } from '@orpc/client';
import type { ErrorCode, ExpectedErrorData } from '../../engine/contract/errors.ts';

/** What went wrong, ready to be shown. `details` of a bug are for the Copy details button. */
export type Failure =
  | {
      readonly kind: 'expected';
      readonly code: ErrorCode;
      readonly sentence: string;
      readonly remedy: string;
    }
  | { readonly kind: 'disconnected' }
  | { readonly kind: 'bug'; readonly details: string };

/** Thrown where a call is made while no engine is connected, and by a link that closed under a call. */
export class Disconnected extends Error {
  override readonly name = 'Disconnected';
  constructor() {
    super('The engine is not connected.');
  }
}

/** Something that the page's surroundings (the shell, the server) could not do; the message is a sentence for the user. */
export class HostError extends Error {
  override readonly name = 'HostError';
  readonly remedy: string;
  constructor(sentence: string, remedy = '') {
    super(sentence);
    this.remedy = remedy;
  }
}

export function expected(data: ExpectedErrorData): Failure {
  return { kind: 'expected', ...data };
}

/** Whether something that came from afar is an expected error's data. */
export function isExpectedData(data: unknown): data is ExpectedErrorData {
  if (typeof data !== 'object' || data === null) return false;
  const { code, sentence, remedy } = data as Record<string, unknown>;
  return typeof code === 'string' && typeof sentence === 'string' && typeof remedy === 'string';
}

/** Sorts anything thrown by a call into the three kinds. A closed link rejects its calls with an AbortError. */
export function toFailure(error: unknown): Failure {
  if (error instanceof ORPCError && error.code === 'EXPECTED' && isExpectedData(error.data)) {
    return expected(error.data);
  }
  if (error instanceof HostError) {
    return { kind: 'expected', code: 'bad_request', sentence: error.message, remedy: error.remedy };
  }
  if (error instanceof Disconnected) return { kind: 'disconnected' };
  if (error instanceof Error && error.name === 'AbortError') return { kind: 'disconnected' };
  return { kind: 'bug', details: detailsOf(error) };
}

function detailsOf(error: unknown): string {
  if (error instanceof ORPCError) {
    return [`${error.code} (${error.status}): ${error.message}`, JSON.stringify(error.data), error.stack]
      .filter(Boolean)
      .join('\n');
  }
  if (error instanceof Error) return error.stack ?? `${error.name}: ${error.message}`;
  return String(error);
}

/** One sentence and what to do about it, for every kind of failure. */
export function wordsOf(failure: Failure): { readonly sentence: string; readonly remedy: string } {
  switch (failure.kind) {
    case 'expected':
      return { sentence: failure.sentence, remedy: failure.remedy };
    case 'disconnected':
      return {
        sentence: 'The engine is not running.',
        remedy: 'It is being restarted; try again in a moment.',
      };
    case 'bug':
      return {
        sentence: 'Something went wrong inside MERV Studio.',
        remedy: 'Try again. If it happens again, copy the details and report them.',
      };
    default:
      return failure satisfies never;
  }
}
