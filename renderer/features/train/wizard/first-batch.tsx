import { useStore } from 'zustand';
import type { BatchExample } from '../../../../engine/contract/training.ts';
import card from '../../../components/card.module.css';
import { useStudio } from '../../../components/studio-context.tsx';
import { Tag } from '../../../components/tag.tsx';
import { fileName } from '../../../lib/file-name.ts';
import { plural } from '../../../lib/numbers.ts';
import { tokenWords } from '../../../lib/run-words.ts';
import { encoderColour } from '../../../lib/theme.ts';
import { formatClock } from '../../../lib/time.ts';
import { encoderName } from '../../../stores/models.ts';
import classes from './first-batch.module.css';

/** The first batch exactly as the model sees it: which frames, which text, what of it is learned. */
export function FirstBatch({ examples }: { readonly examples: readonly BatchExample[] }) {
  if (examples.length === 0) return null;
  return (
    <section className={classes.batch} aria-label="First batch">
      <header className={classes.head}>
        <h2 className={classes.title}>The first batch, as the model sees it</h2>
        <span className={classes.key}>
          <mark className={classes.learned}>marked</mark> is what it learns to say
        </span>
      </header>
      {examples.map((example) => (
        <Example key={example.id} example={example} />
      ))}
    </section>
  );
}

function Example({ example }: { readonly example: BatchExample }) {
  const models = useStore(useStudio().models.store);
  const { id, media, frames, pictures, pieces, cut, visualTokens } = example;
  const shown = new Map(pictures.map(({ index, dataUrl }) => [index, dataUrl]));
  return (
    <article className={`${card.card} ${classes.example}`} aria-label={id}>
      <header className={classes.head}>
        <h3 className={classes.name}>
          {id}
          {media !== null && <span className={classes.media}>{fileName(media)}</span>}
        </h3>
        <span className={classes.tokens}>{tokenWords(example)}</span>
        {cut > 0 && <Tag tone="warn">{plural(cut, 'token')} cut off</Tag>}
      </header>
      {frames.map(({ encoder, frames: own }, i) => (
        <div key={encoder}>
          <h4 className={classes.encoder} style={{ '--encoder': encoderColour(i) }}>
            {encoderName(models, encoder)}
            <span className={classes.count}>{plural(own.length, 'frame')}</span>
          </h4>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard. */}
          <ul className={classes.frames} tabIndex={0} aria-label={`${encoderName(models, encoder)}: frames`}>
            {own.map(({ index, seconds }, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a short clip gives one frame several times.
              <li key={at}>
                <img src={shown.get(index)} alt={`Frame ${index}`} />
                <span>{formatClock(seconds, 2)}</span>
              </li>
            ))}
          </ul>
        </div>
      ))}
      <p className={classes.text}>
        {pieces.map((piece, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the place in the text is a piece's identity.
          <Piece key={i} piece={piece} visualTokens={visualTokens} />
        ))}
      </p>
    </article>
  );
}

interface PieceProps {
  readonly piece: BatchExample['pieces'][number];
  readonly visualTokens: number;
}

function Piece({ piece: { kind, text }, visualTokens }: PieceProps) {
  switch (kind) {
    case 'given':
      return text;
    case 'learned':
      return <mark className={classes.learned}>{text}</mark>;
    case 'video':
      return <span className={classes.video}>{plural(visualTokens, 'video token')}</span>;
    default:
      return kind satisfies never;
  }
}
