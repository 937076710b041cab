import { NumberInput, Switch } from '@mantine/core';
import { useEffect, useId, useState } from 'react';
import { useStore } from 'zustand';
import { useStudio } from '../../components/studio-context.tsx';
import { AddressSetting } from './address-setting.tsx';
import { Setting, SettingsPage } from './setting.tsx';
import { TokenSetting } from './token-setting.tsx';

const megabyte = 1_000_000;
/** The least that the engine takes, in MB/s. */
const least = 0.02;

/** What may leave this machine, and by which way. */
export function NetworkPanel() {
  const { settings: store } = useStudio();
  const { settings, account } = useStore(store.store);
  if (settings === null) return null;
  return (
    <SettingsPage>
      <Setting
        title="Offline mode"
        help="Nothing is searched, looked up or fetched. Models that are installed work as ever."
      >
        <Switch
          aria-label="Offline mode"
          checked={settings.offline}
          onChange={(event) => void store.change({ offline: event.currentTarget.checked })}
        />
      </Setting>
      <TokenSetting />
      <AddressSetting
        title="Address of Hugging Face"
        help="For a mirror that speaks the same language. Empty: HF_ENDPOINT, or huggingface.co."
        placeholder={account?.endpoint ?? 'https://huggingface.co'}
        value={settings.endpoint}
        onChange={(endpoint) => void store.change({ endpoint })}
      />
      <AddressSetting
        title="Proxy"
        help="http://host:port, with user and password where needed. Empty: HTTPS_PROXY and NO_PROXY."
        placeholder="As the system says"
        value={settings.proxy}
        onChange={(proxy) => void store.change({ proxy })}
      />
      <Bandwidth value={settings.bandwidth} onChange={(bandwidth) => void store.change({ bandwidth })} />
    </SettingsPage>
  );
}

interface BandwidthProps {
  readonly value: number | null;
  readonly onChange: (value: number | null) => void;
}

function Bandwidth({ value, onChange }: BandwidthProps) {
  const id = useId();
  const [draft, setDraft] = useState<number | ''>('');
  useEffect(() => setDraft(value === null ? '' : value / megabyte), [value]);
  const keep = () => {
    const next = draft === '' ? null : Math.round(Math.max(least, draft) * megabyte);
    if (next !== value) onChange(next);
  };
  return (
    <Setting
      title="Bandwidth limit"
      help="Of all downloads together, in megabytes a second. Empty: as fast as it goes."
      htmlFor={id}
    >
      <NumberInput
        id={id}
        placeholder="No limit"
        suffix=" MB/s"
        min={least}
        decimalScale={2}
        allowNegative={false}
        value={draft}
        onChange={(next) => setDraft(typeof next === 'number' ? next : '')}
        onBlur={keep}
        onKeyDown={(event) => event.key === 'Enter' && keep()}
      />
    </Setting>
  );
}
