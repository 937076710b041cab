import { CloseButton, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import { useStore } from 'zustand';
import classes from './search-field.module.css';
import { useStudio } from './studio-context.tsx';

interface SearchFieldProps {
  readonly label: string;
  readonly placeholder: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** On Enter, and on clearing with an empty value. */
  readonly onSubmit?: (value: string) => void;
}

/** The search of a screen. It takes the focus when the user presses the search keys there. */
export function SearchField({ label, placeholder, value, onChange, onSubmit }: SearchFieldProps) {
  const wishes = useStore(useStudio().navigation.store, (state) => state.searchWishes);
  const field = useRef<HTMLInputElement>(null);
  const seen = useRef(wishes);
  useEffect(() => {
    if (wishes === seen.current) return;
    seen.current = wishes;
    field.current?.focus();
    field.current?.select();
  }, [wishes]);
  const clear = () => {
    onChange('');
    onSubmit?.('');
    field.current?.focus();
  };
  return (
    <TextInput
      ref={field}
      className={classes.field ?? ''}
      classNames={{ input: classes.input ?? '' }}
      aria-label={label}
      placeholder={placeholder}
      leftSection={<IconSearch size={15} stroke={1.7} aria-hidden />}
      rightSection={
        value === '' ? null : <CloseButton size="sm" aria-label="Clear the search" onClick={clear} />
      }
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') onSubmit?.(value);
        if (event.key !== 'Escape' || value === '') return;
        event.stopPropagation();
        clear();
      }}
    />
  );
}
