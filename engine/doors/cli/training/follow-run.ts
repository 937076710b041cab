import { ExpectedError, errorFrom } from '../../../contract/errors.ts';
import { isWorking, type Run, type RunStep } from '../../../contract/training.ts';
import type { CommandContext } from '../command.ts';
import { secondsText } from '../figures.ts';
import { createProgress } from '../terminal.ts';

/**
 * Shows a run until it ends: a line a step. Ctrl-C pauses it and says how to go on. Throws ExpectedError with what it
 * failed of.
 */
export async function followRun({ client, terminal, json }: CommandContext, id: string): Promise<void> {
  const progress = createProgress(terminal);
  const pause = (): void => void client.training.pause({ id });
  if (terminal.signal.aborted) pause();
  else terminal.signal.addEventListener('abort', pause, { once: true });
  let seen = 0;
  let lastStep = 0;
  let notes = 0;
  const show = async (): Promise<void> => {
    const steps = await client.training.metrics({ id, from: seen });
    seen += steps.length;
    for (const step of steps) {
      // A trainer that was killed makes some steps again.
      if (step.step <= lastStep) continue;
      lastStep = step.step;
      progress.clear();
      terminal.out(json ? `${JSON.stringify(lineOf(step))}\n` : textOf(step));
    }
  };
  try {
    for await (const runs of await client.training.watch()) {
      const run = runs.find((each) => each.id === id);
      if (!run) throw new ExpectedError('not_found', 'The run was deleted.', 'Start another.');
      for (const note of run.notes.slice(notes)) progress.line(`Note: ${note}`);
      notes = run.notes.length;
      await show();
      progress.step(run.detail);
      if (isWorking(run)) continue;
      progress.clear();
      if (run.state === 'failed' && run.error) throw errorFrom(run.error);
      report(run);
      return;
    }
  } finally {
    progress.clear();
    terminal.signal.removeEventListener('abort', pause);
  }

  function report({ state, folder, detail, steps }: Run): void {
    if (json) terminal.out(`${JSON.stringify({ run: id, folder, state, step: lastStep, steps })}\n`);
    else terminal.out(`${detail}: ${folder}\n`);
    if (state === 'paused') progress.line(`Go on with: merv runs resume ${id}`);
  }
}

function lineOf({ step, loss, lr, gradNorm, ms }: RunStep) {
  return { step, loss, lr, gradNorm, ms };
}

function textOf({ step, loss, lr, gradNorm, ms, evalLoss }: RunStep): string {
  const kept = evalLoss === null ? '' : `  kept out ${evalLoss.toFixed(4)}`;
  return `step ${step}  loss ${loss.toFixed(4)}  rate ${lr.toExponential(2)}  gradient ${gradNorm.toFixed(3)}  ${secondsText(ms / 1000)}${kept}\n`;
}
