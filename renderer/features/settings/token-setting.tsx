import { Button } from '@mantine/core';
import { useStore } from 'zustand';
import type { Account } from '../../../engine/contract/settings.ts';
import { ExternalLink } from '../../components/external-link.tsx';
import { useStudio } from '../../components/studio-context.tsx';
import { TokenForm } from '../../components/token-form.tsx';
import { Setting } from './setting.tsx';

const states: Readonly<Record<Account['token'], string>> = {
  none: 'There is none. Open models need none.',
  environment: 'Taken from the environment (HF_TOKEN).',
  file: 'Taken from the file that “hf auth login” writes.',
  entered: 'Entered here, and kept readable by you only.',
};

/** Whether there is a token, never which. */
export function TokenSetting() {
  const { settings } = useStudio();
  const account = useStore(settings.store, (state) => state.account);
  if (account === null) return null;
  return (
    <Setting
      title="Access token"
      help={
        <>
          {states[account.token]} Gated and private models ask for one;{' '}
          <ExternalLink href={`${account.endpoint}/settings/tokens`}>make one</ExternalLink>.
        </>
      }
    >
      <TokenForm />
      {account.token === 'entered' && (
        <Button size="compact-sm" variant="subtle" color="red" onClick={() => void settings.setToken('')}>
          Forget the token
        </Button>
      )}
    </Setting>
  );
}
