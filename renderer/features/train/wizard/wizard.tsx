import { Button } from '@mantine/core';
import { IconAdjustmentsHorizontal } from '@tabler/icons-react';
import { useState } from 'react';
import { useStore } from 'zustand';
import { FailureNote } from '../../../components/failure-note.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { obstacle, type WizardStep, wizardSteps } from '../../../stores/wizard.ts';
import { AdvancedDrawer } from './advanced-drawer.tsx';
import { DataStep } from './data-step.tsx';
import { MethodStep } from './method-step.tsx';
import { ModelStep } from './model-step.tsx';
import { ReviewStep } from './review-step.tsx';
import classes from './wizard.module.css';

const titles: Readonly<Record<WizardStep, string>> = {
  model: 'Model',
  data: 'Data',
  method: 'Method',
  review: 'Review',
};

/** A new run in four steps. Those before can always be gone back to. */
export function Wizard() {
  const { wizard, training } = useStudio();
  const state = useStore(wizard.store);
  const { step, config, report, starting, failure, measurement } = state;
  const [advanced, setAdvanced] = useState(false);
  const at = wizardSteps.indexOf(step);
  const blocked = wizardSteps
    .slice(0, at + 1)
    .map((each) => obstacle({ step: each, config, report }))
    .find((each) => each !== null);
  const forbidden = measurement.kind === 'done' && measurement.preflight.problems.length > 0;
  const next = wizardSteps[at + 1];
  const previous = wizardSteps[at - 1];
  /** The last step that can be gone to: none that stands before it lacks anything. */
  const open = (target: WizardStep) =>
    wizardSteps
      .slice(0, wizardSteps.indexOf(target))
      .every((each) => obstacle({ step: each, config, report }) === null);
  return (
    <form
      className={classes.wizard}
      aria-label="New run"
      onSubmit={(event) => {
        event.preventDefault();
        if (blocked !== undefined) return;
        if (next !== undefined) wizard.go(next);
        else if (!forbidden) void training.start();
      }}
    >
      <ol className={classes.steps} aria-label="Steps">
        {wizardSteps.map((each, i) => (
          <li key={each}>
            <button
              type="button"
              className={classes.step}
              data-at={i === at ? 'now' : i < at ? 'over' : 'later'}
              aria-current={i === at ? 'step' : undefined}
              disabled={!open(each)}
              onClick={() => wizard.go(each)}
            >
              <span className={classes.number} aria-hidden>
                {i + 1}
              </span>
              {titles[each]}
            </button>
          </li>
        ))}
      </ol>
      <div className={classes.scroll}>
        {step === 'model' && <ModelStep />}
        {step === 'data' && <DataStep />}
        {step === 'method' && <MethodStep />}
        {step === 'review' && <ReviewStep />}
        {failure !== null && <FailureNote failure={failure} />}
      </div>
      <footer className={classes.foot}>
        <Button variant="subtle" color="gray" onClick={training.showList}>
          Cancel
        </Button>
        <Button
          variant="default"
          leftSection={<IconAdjustmentsHorizontal size={15} stroke={1.7} aria-hidden />}
          onClick={() => setAdvanced(true)}
        >
          Advanced
        </Button>
        <span className={classes.obstacle} role="status">
          {blocked ?? (forbidden ? 'The problems above have to be solved first.' : '')}
        </span>
        <div className={classes.forward}>
          {previous !== undefined && (
            <Button variant="default" onClick={() => wizard.go(previous)}>
              Back
            </Button>
          )}
          {next === undefined ? (
            <Button type="submit" loading={starting} disabled={blocked !== undefined || forbidden}>
              Start
            </Button>
          ) : (
            <Button type="submit" disabled={blocked !== undefined}>
              Next
            </Button>
          )}
        </div>
      </footer>
      <AdvancedDrawer opened={advanced} onClose={() => setAdvanced(false)} />
    </form>
  );
}
