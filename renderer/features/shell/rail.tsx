import { Tooltip, UnstyledButton } from '@mantine/core';
import { IconKeyboard } from '@tabler/icons-react';
import { useStore } from 'zustand';
import { BrandMark } from '../../components/brand.tsx';
import { IconButton } from '../../components/icon-button.tsx';
import { useStudio } from '../../components/studio-context.tsx';
import { isActive, overallFraction } from '../../lib/job-words.ts';
import { modKey } from '../../lib/platform.ts';
import { places, screenTitles } from './places.ts';
import classes from './rail.module.css';
import { ThemeButton } from './theme-button.tsx';

/** The way to every screen, always in sight; at the lower edge of a window as narrow as a telephone. */
export function Rail() {
  const { navigation, layout } = useStudio();
  const current = useStore(navigation.store, (state) => state.screen);
  return (
    <nav className={classes.rail} aria-label="Screens">
      <div className={classes.brand}>
        <BrandMark size={22} />
      </div>
      {places.map(({ screen, icon: Icon, key }) => (
        <Tooltip
          key={screen}
          label={`${screenTitles[screen]}  ·  ${modKey(key)}`}
          position="right"
          openDelay={600}
          withinPortal
        >
          <UnstyledButton
            className={classes.place}
            data-screen={screen}
            aria-label={screenTitles[screen]}
            aria-current={current === screen ? 'page' : undefined}
            onClick={() => navigation.go(screen)}
          >
            <span className={classes.picture}>
              <Icon size={20} stroke={1.6} aria-hidden />
              {screen === 'downloads' && <DownloadsMark />}
            </span>
            <span className={classes.word} aria-hidden>
              {screenTitles[screen]}
            </span>
          </UnstyledButton>
        </Tooltip>
      ))}
      <div className={classes.switches}>
        <ThemeButton />
        <IconButton label="Keyboard shortcuts" keys="?" onClick={() => layout.showShortcuts(true)}>
          <IconKeyboard size={18} stroke={1.6} />
        </IconButton>
      </div>
    </nav>
  );
}

const radius = 14;
const length = 2 * Math.PI * radius;

/** How far the work under way is, as a ring; a red dot where some of it failed. */
function DownloadsMark() {
  const jobs = useStore(useStudio().jobs.store, (state) => state.jobs);
  const fraction = overallFraction(jobs);
  const failed = jobs.some((job) => job.state === 'failed');
  if (fraction === null)
    return failed ? <i className={classes.failed} role="img" aria-label="Failed" /> : null;
  const count = jobs.filter(isActive).length;
  return (
    <svg
      className={classes.ring}
      viewBox="0 0 32 32"
      role="img"
      aria-label={`${count} under way, ${Math.round(fraction * 100)} %`}
    >
      <circle cx="16" cy="16" r={radius} />
      <circle
        cx="16"
        cy="16"
        r={radius}
        className={classes.done}
        strokeDasharray={length}
        strokeDashoffset={length * (1 - Math.max(0.02, fraction))}
      />
    </svg>
  );
}
