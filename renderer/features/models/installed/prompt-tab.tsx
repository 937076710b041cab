import type { ModelDetail } from '../../../../engine/contract/models.ts';
import { CopyButton } from '../../../components/copy-button.tsx';
import { formatCount } from '../../../lib/numbers.ts';
import classes from './text-tab.module.css';

const place = '<video>';

/** What the language model reads, with the place where the video's tokens go. */
export function PromptTab({ detail }: { readonly detail: ModelDetail }) {
  const { promptPreview, summary } = detail;
  const pieces = promptPreview.split(place);
  return (
    <div className={classes.tab}>
      <p className={classes.lead}>
        What the language model reads for “What happens in the video?”
        {summary.visualTokens > 0 &&
          `. The video stands there as ${formatCount(summary.visualTokens)} tokens.`}
      </p>
      <div className={classes.block}>
        <pre className={classes.code}>
          {pieces.map((piece, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the place in the text is a piece's identity.
            <span key={i}>
              {i > 0 && <mark className={classes.place}>video</mark>}
              {piece}
            </span>
          ))}
        </pre>
        <div className={classes.copy}>
          <CopyButton label="Copy prompt" text={() => promptPreview} />
        </div>
      </div>
    </div>
  );
}
