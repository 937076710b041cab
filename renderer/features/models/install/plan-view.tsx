import { IconAlertTriangle, IconInfoCircle } from '@tabler/icons-react';
import type { InstallPlan } from '../../../../engine/contract/hub.ts';
import { ExternalLink } from '../../../components/external-link.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { TokenForm } from '../../../components/token-form.tsx';
import { licencesOf } from '../../../lib/model-facts.ts';
import { CostMeters } from './cost-meters.tsx';
import classes from './plan-view.module.css';
import { PlannedParts } from './planned-parts.tsx';

interface PlanViewProps {
  readonly plan: InstallPlan;
  /** True while another choice is being worked out. */
  readonly busy: boolean;
}

/** The plan: what stands in the way, what it is, its parts, and what it takes. */
export function PlanView({ plan, busy }: PlanViewProps) {
  const { install } = useStudio();
  // A problem with an address is an owner who wants to be asked there.
  const gated =
    plan.parts.some((part) => part.gated === 'asks') || plan.problems.some(({ url }) => url !== null);
  const known = plan.parts.length > 0;
  return (
    <div className={classes.plan} aria-busy={busy} data-busy={busy}>
      {known && plan.description !== '' && <p className={classes.description}>{plan.description}</p>}
      {plan.problems.map((problem) => (
        <div key={problem.sentence} className={classes.problem} role="alert">
          <IconAlertTriangle size={18} stroke={1.7} aria-hidden />
          <div className={classes.words}>
            <p className={classes.sentence}>{problem.sentence}</p>
            <p className={classes.remedy}>{problem.remedy}</p>
            {problem.url !== null && <ExternalLink href={problem.url}>{problem.url}</ExternalLink>}
          </div>
        </div>
      ))}
      {gated && (
        <section className={classes.token} aria-label="Access token">
          <p className={classes.remedy}>
            Once you have accepted the conditions, a token of the same account opens the gate:
          </p>
          <TokenForm onSaved={() => void install.plan()} />
        </section>
      )}
      {known && <CostMeters plan={plan} />}
      {known && (
        <section aria-labelledby="planned-parts">
          <h3 id="planned-parts" className={classes.heading}>
            Parts
          </h3>
          <PlannedParts parts={plan.parts} />
        </section>
      )}
      {known && (
        <p className={classes.licence}>
          <span>Licence</span> {licencesOf(plan.parts).join(', ')}
        </p>
      )}
      {plan.warnings.map((warning) => (
        <p key={warning} className={classes.warning}>
          <IconInfoCircle size={16} stroke={1.7} aria-hidden />
          {warning}
        </p>
      ))}
    </div>
  );
}
