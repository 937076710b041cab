import { ExpectedError, type ExpectedErrorData } from '../../contract/errors.ts';

/** What a job failed of, for people; a bug goes to the log with its stack. */
export function errorOf(error: unknown, id: string): ExpectedErrorData {
  if (error instanceof ExpectedError) return error.toData();
  console.error(`Bug in the job ${id}:`, error);
  return {
    code: 'engine_stopped',
    sentence: 'The engine failed inside while it worked on this job.',
    remedy: 'Try it again; if it happens again, run the doctor and look into the log.',
  };
}
