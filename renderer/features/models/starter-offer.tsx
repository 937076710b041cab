import { Button } from '@mantine/core';
import { useStore } from 'zustand';
import { useStudio } from '../../components/studio-context.tsx';
import { formatBytes } from '../../lib/numbers.ts';

/** One button that gets a first model; nothing where the catalogue has no starter. */
export function StarterOffer({ size = 'sm' }: { readonly size?: 'sm' | 'md' }) {
  const { hub, manager } = useStudio();
  const starter = useStore(hub.store, (state) =>
    state.catalogue.value?.find((entry) => entry.id === 'starter' && entry.modelId === null),
  );
  if (starter === undefined) return null;
  return (
    <Button size={size} onClick={() => manager.install({ kind: 'catalogue', id: starter.id }, starter.name)}>
      Install {starter.name} ({formatBytes(starter.download)})
    </Button>
  );
}
