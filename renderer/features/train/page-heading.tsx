import { IconArrowLeft } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { arrive } from '../../components/arrive.ts';
import { IconButton } from '../../components/icon-button.tsx';
import { useStudio } from '../../components/studio-context.tsx';
import page from './train-screen.module.css';

/** What a page of the Train screen is about, and the way back to the list. */
export function PageHeading({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  const { training } = useStudio();
  return (
    <div className={page.back}>
      <IconButton label="All runs" onClick={training.showList}>
        <IconArrowLeft size={18} stroke={1.7} />
      </IconButton>
      <h2 ref={arrive} tabIndex={-1} className={page.heading}>
        {title}
      </h2>
      {children}
    </div>
  );
}
