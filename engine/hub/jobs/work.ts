import type { JobRecord, JobRequest } from '../../store/jobs.ts';
import type { Progress } from './progress.ts';

/** What a job may do beside its work. */
export interface JobContext {
  readonly id: string;
  readonly createdAt: number;
  /** Aborts on pause, cancel and when the engine closes: keep what is whole, throw 'cancelled'. */
  readonly signal: AbortSignal;
  /** What an earlier run of this job remembered; null on the first. */
  readonly memory: unknown;
  readonly progress: Progress;
  remember(memory: unknown): void;
  /** A whole sentence for the user. */
  note(sentence: string): void;
  /** Which model it makes, once that is known. */
  setModel(modelId: string, title: string): void;
  /** Names parts before it looks whether they are there: from then on nobody takes them for garbage. */
  countOn(partKeys: readonly string[]): void;
  /** Runs `work` while no other job of any engine has the turn; waits for it. Throws 'cancelled' while waiting. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * What a kind of job does. `run` may be killed at any moment and is then run again: it does what is not done yet.
 * `clean` removes what a cancelled one has not finished, of its own only.
 */
export interface JobWork<Request extends JobRequest> {
  readonly run: (request: Request, context: JobContext) => Promise<void>;
  readonly clean: (request: Request, record: JobRecord) => Promise<void>;
}

export type JobWorks = { readonly [Kind in JobRequest['kind']]: JobWork<JobRequest & { kind: Kind }> };

/** The work of a request's own kind, with the request given. */
export function workOf(
  works: JobWorks,
  request: JobRequest,
): { run(context: JobContext): Promise<void>; clean(record: JobRecord): Promise<void> } {
  switch (request.kind) {
    case 'install':
      return bound(works.install, request);
    case 'repair':
      return bound(works.repair, request);
    case 'export':
      return bound(works.export, request);
    case 'move':
      return bound(works.move, request);
    case 'libtorch':
      return bound(works.libtorch, request);
    default:
      return request satisfies never;
  }
}

function bound<Request extends JobRequest>(
  work: {
    readonly run: (request: Request, context: JobContext) => Promise<void>;
    readonly clean: (request: Request, record: JobRecord) => Promise<void>;
  },
  request: Request,
) {
  return {
    run: (context: JobContext) => work.run(request, context),
    clean: (record: JobRecord) => work.clean(request, record),
  };
}
