import { Button } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import type { EngineStatus as Status } from '../lib/engine-supervisor.ts';
import classes from './engine-status.module.css';
import { useStudio } from './studio-context.tsx';

/** One word about the engine, always in sight. */
export function EngineStatus() {
  const status = useStore(useStudio().engine.store, (state) => state.status);
  return (
    <div className={classes.pill} role="status" aria-label="Engine" data-kind={status.kind}>
      <i className={classes.dot} aria-hidden />
      <span>{wordOf(status)}</span>
    </div>
  );
}

function wordOf(status: Status): string {
  switch (status.kind) {
    case 'starting':
      return 'Starting';
    case 'ready':
      return 'Ready';
    case 'hung':
      return 'Not responding';
    case 'restarting':
      return 'Restarting';
    case 'stopped':
      return 'Stopped';
    default:
      return status satisfies never;
  }
}

/** What is wrong with the engine and what can be done; nothing while it is well. */
export function EngineBanner() {
  const { engine, host } = useStudio();
  const status = useStore(engine.store, (state) => state.status);
  const silence = useSilence(status);
  if (status.kind === 'ready' || status.kind === 'starting') return null;
  const restart = (label: string) => (
    <Button size="compact-sm" variant="default" onClick={() => engine.restart()}>
      {label}
    </Button>
  );
  return (
    <div className={classes.banner} data-kind={status.kind} role="alert">
      {status.kind === 'restarting' && (
        <p>
          <strong>The engine stopped and is being restarted.</strong> {status.reason} What is on screen is
          kept.
        </p>
      )}
      {status.kind === 'hung' && (
        <>
          <p>
            <strong>The engine does not respond.</strong> Nothing was heard from it for {silence} s. It may be
            busy with something large, or stuck.
          </p>
          {host.restartEngine !== null && restart('Restart')}
        </>
      )}
      {status.kind === 'stopped' && (
        <>
          <p>
            <strong>The engine has stopped.</strong> {status.reason}{' '}
            {host.restartEngine === null && 'Start it again with “merv serve”; this page keeps trying.'}
          </p>
          {restart(host.restartEngine === null ? 'Try now' : 'Restart')}
        </>
      )}
    </div>
  );
}

/** Whole seconds since the last sign of life. */
function useSilence(status: Status): number {
  const [now, setNow] = useState(Date.now);
  const since = status.kind === 'hung' ? status.since : null;
  useEffect(() => {
    if (since === null) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [since]);
  return since === null ? 0 : Math.max(5, Math.round((now - since) / 1000));
}
