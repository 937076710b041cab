import { ActionIcon, type ActionIconProps, Tooltip } from '@mantine/core';
import type { ComponentPropsWithRef, ReactNode } from 'react';
import classes from './icon-button.module.css';

interface IconButtonProps
  extends Omit<ActionIconProps, 'children'>,
    Omit<ComponentPropsWithRef<'button'>, keyof ActionIconProps | 'children'> {
  /** The accessible name, and the tooltip's text. */
  readonly label: string;
  /** Shown after the label in the tooltip: "Ctrl N". */
  readonly keys?: string;
  readonly children: ReactNode;
}

/** A quiet button with a picture on it; its name is told by the tooltip and to assistive technology. */
export function IconButton({ label, keys, children, className = '', ...rest }: IconButtonProps) {
  return (
    <Tooltip label={keys === undefined ? label : `${label}  ·  ${keys}`} openDelay={450} withinPortal>
      <ActionIcon
        variant="subtle"
        color="gray"
        size={30}
        radius="md"
        aria-label={label}
        className={`${classes.button} ${className}`}
        {...rest}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
