import { Loader } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './setting.module.css';

interface SettingProps {
  readonly title: string;
  readonly help?: ReactNode;
  /** Of the control's element, where the title is its label. */
  readonly htmlFor?: string;
  readonly children: ReactNode;
}

/** One setting: its name and what it does on the left, its control on the right or below. */
export function Setting({ title, help, htmlFor, children }: SettingProps) {
  return (
    <div className={classes.setting}>
      <div>
        {htmlFor === undefined ? (
          <span className={classes.title}>{title}</span>
        ) : (
          <label className={classes.title} htmlFor={htmlFor}>
            {title}
          </label>
        )}
        {help !== undefined && <p className={classes.help}>{help}</p>}
      </div>
      <div className={classes.control}>{children}</div>
    </div>
  );
}

/** Settings that belong together. */
export function SettingsPage({ children }: { readonly children: ReactNode }) {
  return <div className={classes.page}>{children}</div>;
}

/** What is found out before there is anything to set. */
export function Working({ children }: { readonly children: string }) {
  return (
    <div className={classes.working} role="status">
      <Loader size={18} />
      <span>{children}</span>
    </div>
  );
}
