import { ExpectedError } from '../../contract/errors.ts';
import { type LibtorchPlan, libtorchPlanSchema } from '../../contract/libtorch.ts';
import type { JobRequest } from '../../store/jobs.ts';
import { httpFailureOf } from '../http/failure.ts';
import { discardLibtorch } from '../libtorch/install.ts';
import type { Libtorch } from '../libtorch/libtorch.ts';
import { libtorchVersion } from '../libtorch/version.ts';
import type { JobWork } from './work.ts';

type LibtorchRequest = JobRequest & { kind: 'libtorch' };

/** Fetches libtorch. What it fetches is decided once, so that a pause goes on with the same archive. */
export function libtorchWork(libtorch: Libtorch): JobWork<LibtorchRequest> {
  return {
    async run({ build }, { memory, signal, progress, remember, note }) {
      progress.plan([
        ['resolve', 1],
        ['download', 40],
        ['check', 2],
        ['copy', 8],
      ]);
      progress.at({ name: 'resolve', detail: '', done: 0, total: 1, unit: 'files' });
      const plan = remembered(memory) ?? (await libtorch.plan(build, signal));
      const [problem] = plan.problems;
      if (problem) throw new ExpectedError('disk_full', problem.sentence, problem.remedy);
      remember(plan);
      try {
        await libtorch.install(plan, {
          signal,
          onNote: note,
          onProgress: (name, detail, done, total) =>
            progress.at({ name, detail, done, total, unit: 'bytes' }),
        });
      } catch (error) {
        // Its address or its content is another one now: the next try looks it up.
        const expected = error instanceof ExpectedError ? error.code : '';
        if (expected === 'not_found' || expected === 'wrong_content' || httpFailureOf(error)?.status === 403)
          remember(null);
        throw error;
      }
    },
    async clean(_, { memory }) {
      const plan = remembered(memory);
      if (plan !== null) await discardLibtorch(libtorch.dataFolder, plan);
    },
  };
}

/** What an earlier run decided, where this version of the application wants the same. */
function remembered(memory: unknown): LibtorchPlan | null {
  const plan = libtorchPlanSchema.safeParse(memory).data;
  return plan?.version === libtorchVersion ? plan : null;
}
