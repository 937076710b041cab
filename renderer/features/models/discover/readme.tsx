import { memo, useMemo } from 'react';
import Markdown, { type Components } from 'react-markdown';
import remarkGfm from 'remark-gfm';
import { ExternalLink } from '../../../components/external-link.tsx';
import { absoluteLink } from '../../../lib/absolute-link.ts';
import classes from './readme.module.css';

interface ReadmeProps {
  readonly text: string;
  /** The repository's own address, for links within it. */
  readonly base: string;
}

const plugins = [remarkGfm];

/**
 * A repository's own words. Its pictures are not loaded, since that would tell others who reads it, and its HTML is
 * left out; links open outside when they are clicked.
 */
export const Readme = memo(function Readme({ text, base }: ReadmeProps) {
  const components = useMemo<Components>(
    () => ({
      a: ({ href, children }) => (
        <ExternalLink href={absoluteLink(href, base)} icon={false}>
          {children}
        </ExternalLink>
      ),
      img: ({ alt }) => <span className={classes.picture}>{alt ? `Picture: ${alt}` : 'Picture'}</span>,
      table: ({ children }) => (
        <div className={classes.table}>
          <table>{children}</table>
        </div>
      ),
    }),
    [base],
  );
  return (
    <section className={classes.readme} aria-label="Description">
      <Markdown remarkPlugins={plugins} components={components} skipHtml>
        {text}
      </Markdown>
    </section>
  );
});
