import { Button, PasswordInput } from '@mantine/core';
import { useState } from 'react';
import { useStudio } from './studio-context.tsx';
import classes from './token-form.module.css';

/** Takes an access token and hands it to the engine. What was entered is never shown again. */
export function TokenForm({ onSaved }: { readonly onSaved?: () => void }) {
  const { settings } = useStudio();
  const [token, setToken] = useState('');
  const [saving, setSaving] = useState(false);
  const save = async () => {
    setSaving(true);
    const taken = await settings.setToken(token.trim());
    setSaving(false);
    if (!taken) return;
    setToken('');
    onSaved?.();
  };
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <PasswordInput
        className={classes.field ?? ''}
        aria-label="Access token"
        placeholder="hf_…"
        autoComplete="off"
        maxLength={200}
        value={token}
        onChange={(event) => setToken(event.currentTarget.value)}
      />
      <Button type="submit" variant="default" disabled={token.trim() === ''} loading={saving}>
        Save token
      </Button>
    </form>
  );
}
