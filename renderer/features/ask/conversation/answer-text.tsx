import { memo, useDeferredValue } from 'react';
import Markdown, { type Components } from 'react-markdown';
import remarkGfm from 'remark-gfm';
import { useStore } from 'zustand';
import { CopyButton } from '../../../components/copy-button.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { rehypeTimes } from '../../../lib/markdown-times.ts';
import { mendMarkdown } from '../../../lib/mend-markdown.ts';
import { formatClock } from '../../../lib/time.ts';
import classes from './answer-text.module.css';

/** An answer as Markdown. Raw HTML stays text, pictures become their descriptions, and no link leads anywhere. */
export function AnswerText({ text, writing }: { readonly text: string; readonly writing: boolean }) {
  const limit = useStore(useStudio().video.store, (state) => state.video?.seconds ?? 0);
  // Long answers are parsed again with each token; typing and scrolling come first.
  const shown = useDeferredValue(text);
  return (
    <div className={classes.text} data-writing={writing}>
      <Parsed text={writing ? mendMarkdown(shown) : text} limit={limit} />
    </div>
  );
}

const remarkPlugins = [remarkGfm];

const Parsed = memo(function Parsed({ text, limit }: { readonly text: string; readonly limit: number }) {
  return (
    <Markdown
      remarkPlugins={remarkPlugins}
      rehypePlugins={limit > 0 ? [[rehypeTimes, { limit }]] : []}
      components={components}
    >
      {text}
    </Markdown>
  );
});

const components: Components = {
  a: ({ children, href }) => (
    <span className={classes.link}>
      {children}
      {href !== undefined && !isSame(children, href) && <span className={classes.address}> ({href})</span>}
    </span>
  ),
  img: ({ alt }) => <span className={classes.address}>[{alt || 'picture'}]</span>,
  time: ({ dateTime, children }) => <TimeButton seconds={Number(dateTime)}>{children}</TimeButton>,
  table: ({ children }) => (
    <div className={classes.table}>
      <table>{children}</table>
    </div>
  ),
  pre: ({ children, node }) => (
    <div className={classes.code}>
      <pre>{children}</pre>
      <div className={classes.copy}>
        <CopyButton label="Copy code" text={() => textOf(node)} />
      </div>
    </div>
  ),
};

function TimeButton({ seconds, children }: { readonly seconds: number; readonly children: React.ReactNode }) {
  const { player } = useStudio();
  return (
    <button
      type="button"
      className={classes.time}
      aria-label={`Go to ${formatClock(seconds, Number.isInteger(seconds) ? 0 : 1)}`}
      onClick={() => {
        player.pause();
        player.seek(seconds);
      }}
    >
      {children}
    </button>
  );
}

function isSame(children: React.ReactNode, href: string): boolean {
  return (
    typeof children === 'string' &&
    href.replace(/^(https?:\/\/|mailto:)/, '').startsWith(children.replace(/^https?:\/\//, ''))
  );
}

interface TextTree {
  readonly value?: string;
  readonly children?: readonly TextTree[];
}

function textOf(node: unknown): string {
  const tree = node as TextTree | undefined;
  return tree?.value ?? tree?.children?.map(textOf).join('') ?? '';
}
