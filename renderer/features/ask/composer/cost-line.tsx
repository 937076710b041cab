import { Button, Tooltip } from '@mantine/core';
import { IconAlertTriangle, IconBolt } from '@tabler/icons-react';
import { useStore } from 'zustand';
import type { AskPlan } from '../../../../engine/contract/ask.ts';
import { useStudio } from '../../../components/studio-context.tsx';
import { wordsOf } from '../../../lib/failure.ts';
import { distinctFrames } from '../../../lib/frames.ts';
import { formatCount, plural } from '../../../lib/numbers.ts';
import { formatSeconds } from '../../../lib/time.ts';
import classes from './cost-line.module.css';

/** What the question will cost, before it is sent. */
export function CostLine() {
  const { plan: plans, models, navigation } = useStudio();
  const noModel = useStore(models.store, (state) => state.loaded && state.models.length === 0);
  const { plan, failure, pending } = useStore(plans.store);
  if (noModel) {
    return (
      <div className={classes.cost}>
        <p className={classes.warning} role="alert">
          <IconAlertTriangle size={14} stroke={1.8} aria-hidden />
          There is no model on this machine yet.
          <Button size="compact-xs" variant="default" onClick={() => navigation.go('discover')}>
            Discover models
          </Button>
        </p>
      </div>
    );
  }
  if (failure !== null) {
    const { sentence, remedy } = wordsOf(failure);
    return (
      <div className={classes.cost}>
        <p className={classes.warning} role="alert">
          <IconAlertTriangle size={14} stroke={1.8} aria-hidden />
          {sentence} {remedy}
        </p>
      </div>
    );
  }
  if (plan === null) return <div className={classes.cost} />;
  return (
    <div className={classes.cost}>
      {plan.warnings.map((warning) => (
        <p key={warning} className={classes.warning} role="alert">
          <IconAlertTriangle size={14} stroke={1.8} aria-hidden />
          {warning}
        </p>
      ))}
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields. */}
      <div
        className={classes.line}
        role="group"
        aria-label="Cost"
        data-pending={pending}
        title={explain(plan)}
      >
        {partsOf(plan).map((part) => (
          <span key={part}>{part}</span>
        ))}
        {plan.encoders.length > 0 && plan.featuresCached && (
          <Tooltip
            label="The frames were looked at before: nothing is decoded or encoded again"
            openDelay={300}
          >
            <span className={classes.kept}>
              <IconBolt size={13} stroke={1.8} aria-hidden />
              features kept
            </span>
          </Tooltip>
        )}
      </div>
    </div>
  );
}

function partsOf(plan: AskPlan): readonly string[] {
  const { tokens, seconds } = plan;
  const seen =
    plan.encoders.length > 0
      ? [plural(distinctFrames(plan.encoders), 'frame'), plural(tokens.visual, 'visual token')]
      : [plural(tokens.prompt, 'token')];
  const time = seconds === null ? 'not measured yet' : `about ${formatSeconds(seconds.firstToken)}`;
  return [...seen, `${formatCount(Math.max(0, tokens.contextLeft))} tokens left`, time];
}

/** What the line's last number means. */
function explain({ seconds }: AskPlan): string {
  if (seconds === null) return 'How long it takes is known after the first answer on this machine.';
  return `First word after about ${formatSeconds(seconds.firstToken)}; ${formatSeconds(seconds.total)} in all for the longest answer allowed.`;
}
