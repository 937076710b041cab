import { createContext, type ReactNode, useContext } from 'react';
import type { Studio } from '../stores/studio.ts';

const Context = createContext<Studio | null>(null);

export function StudioProvider({
  studio,
  children,
}: {
  readonly studio: Studio;
  readonly children: ReactNode;
}) {
  return <Context value={studio}>{children}</Context>;
}

/** The window's stores; every component is drawn inside a {@link StudioProvider}. */
export function useStudio(): Studio {
  const studio = useContext(Context);
  if (studio === null) throw new Error('A component was drawn outside the StudioProvider.');
  return studio;
}
