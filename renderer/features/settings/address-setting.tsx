import { TextInput } from '@mantine/core';
import { type ReactNode, useEffect, useId, useState } from 'react';
import { Setting } from './setting.tsx';

interface AddressSettingProps {
  readonly title: string;
  readonly help: ReactNode;
  readonly placeholder: string;
  readonly value: string | null;
  readonly onChange: (value: string | null) => void;
}

/** An address that is kept when the field is left or Enter is pressed, and only if it is one. */
export function AddressSetting({ title, help, placeholder, value, onChange }: AddressSettingProps) {
  const id = useId();
  const [draft, setDraft] = useState(value ?? '');
  useEffect(() => setDraft(value ?? ''), [value]);
  const trimmed = draft.trim();
  const valid = trimmed === '' || isAddress(trimmed);
  const keep = () => {
    const next = trimmed === '' ? null : trimmed;
    if (valid && next !== value) onChange(next);
  };
  return (
    <Setting title={title} help={help} htmlFor={id}>
      <TextInput
        id={id}
        placeholder={placeholder}
        value={draft}
        error={valid ? undefined : 'An address begins with http:// or https://.'}
        onChange={(event) => setDraft(event.currentTarget.value)}
        onBlur={keep}
        onKeyDown={(event) => {
          if (event.key === 'Enter') keep();
          if (event.key === 'Escape') setDraft(value ?? '');
        }}
      />
    </Setting>
  );
}

function isAddress(text: string): boolean {
  try {
    return /^https?:$/.test(new URL(text).protocol);
  } catch {
    return false;
  }
}
