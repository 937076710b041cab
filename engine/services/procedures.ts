import { implement, ORPCError } from '@orpc/server';
import * as z from 'zod';
import { contract } from '../contract/contract.ts';
import { ExpectedError } from '../contract/errors.ts';
import { isDiskFull } from '../store/disk-full.ts';

/** What every service implements its part of the contract with. */
export type Procedures = typeof procedures;

/**
 * The contract with one guard around every procedure: an ExpectedError, and input of the wrong form, reach the caller
 * as the contract's EXPECTED, as does a full disk; anything else is a bug: its stack goes to stderr and the caller is told so, no more.
 */
export const procedures = implement(contract).use(async ({ next, path, signal }) => {
  const toCaller = (error: unknown): unknown => failureFor(error, path.join('.'), signal);
  try {
    const result = await next();
    return isIterator(result.output) ? { ...result, output: guarded(result.output, toCaller) } : result;
  } catch (error) {
    throw toCaller(error);
  }
});

function failureFor(error: unknown, procedure: string, signal: AbortSignal | undefined): unknown {
  if (error instanceof ExpectedError) return expected(error);
  if (error instanceof ORPCError && error.code === 'BAD_REQUEST')
    return expected(badRequest(error, procedure));
  // The caller has gone; what its own abort threw is no bug.
  if (signal?.aborted) return error;
  if (isDiskFull(error)) {
    const remedy = 'Free some space, then try again.';
    return expected(new ExpectedError('disk_full', 'There is no space left on the disk.', remedy));
  }
  console.error(`Bug in ${procedure}:`, error);
  return new ORPCError('INTERNAL_SERVER_ERROR', {
    message: 'The engine failed inside. What happened is in its log.',
  });
}

function expected(error: ExpectedError): ORPCError<'EXPECTED', unknown> {
  return new ORPCError('EXPECTED', { status: 422, message: error.message, data: error.toData() });
}

const issuesSchema = z.object({
  issues: z.array(z.object({ message: z.string(), path: z.array(z.unknown()).optional() })),
});

function badRequest(error: ORPCError<string, unknown>, procedure: string): ExpectedError {
  const issues = issuesSchema.safeParse(error.data).data?.issues ?? [];
  const said = issues.map((issue) => `${issue.path?.join('.') || 'input'}: ${issue.message}`).join('; ');
  return new ExpectedError(
    'bad_request',
    `The request to ${procedure} was not understood (${said || error.message}).`,
    'Correct the named values, then try again.',
  );
}

function isIterator(output: unknown): output is AsyncIterator<unknown> & AsyncIterable<unknown> {
  return typeof output === 'object' && output !== null && Symbol.asyncIterator in output && 'next' in output;
}

/** The same events; what the source throws goes through `toCaller`. `return` reaches the source at once. */
function guarded(
  source: AsyncIterator<unknown>,
  toCaller: (error: unknown) => unknown,
): AsyncIterableIterator<unknown> {
  return {
    async next() {
      try {
        return await source.next();
      } catch (error) {
        throw toCaller(error);
      }
    },
    async return() {
      await source.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
