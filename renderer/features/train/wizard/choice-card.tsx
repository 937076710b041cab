import type { ReactNode } from 'react';
import card from '../../../components/card.module.css';
import classes from './wizard.module.css';

interface ChoiceCardProps {
  /** Shared by the cards of which one is chosen. */
  readonly name: string;
  readonly title: ReactNode;
  readonly about: ReactNode;
  readonly checked: boolean;
  readonly disabled?: boolean;
  readonly onChoose: () => void;
}

/** One of several possibilities, with a few words about it. */
export function ChoiceCard({ name, title, about, checked, disabled = false, onChoose }: ChoiceCardProps) {
  return (
    <label className={`${card.card} ${classes.card}`} data-checked={checked} data-disabled={disabled}>
      <input type="radio" name={name} checked={checked} disabled={disabled} onChange={onChoose} />
      <span className={classes.words}>
        <span className={classes.name}>{title}</span>
        <span className={classes.about}>{about}</span>
      </span>
    </label>
  );
}
