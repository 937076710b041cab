import {
  type CSSVariablesResolver,
  createTheme,
  Drawer,
  InputWrapper,
  type MantineColorsTuple,
  Modal,
} from '@mantine/core';

/**
 * The one place where colours live. Text colours keep at least 4.5:1 on every surface they stand on, in both
 * schemes; component styles use the variables below and nothing else.
 */
const iris: MantineColorsTuple = [
  '#eef0ff',
  '#dadffc',
  '#b6bff5',
  '#94a2f2',
  '#7a8af0',
  '#6273ea',
  '#5061df',
  '#4150c8',
  '#3643ab',
  '#2b368a',
];

const system =
  'Inter, "Segoe UI Variable Text", "Segoe UI", -apple-system, BlinkMacSystemFont, "SF Pro Text", "Adwaita Sans", Cantarell, Ubuntu, Roboto, "Noto Sans", "Liberation Sans", "Helvetica Neue", Arial, sans-serif';
const mono =
  'ui-monospace, "SF Mono", "Cascadia Code", "JetBrains Mono", "Segoe UI Mono", Menlo, "Liberation Mono", "DejaVu Sans Mono", monospace';

export const theme = createTheme({
  primaryColor: 'iris',
  primaryShade: { light: 6, dark: 6 },
  colors: {
    iris,
    dark: [
      '#eceef2',
      '#c3c8d1',
      '#a4abb7',
      '#8b929e',
      '#3a3e48',
      '#2b2e36',
      '#1d2026',
      '#15171c',
      '#101216',
      '#0b0c0f',
    ],
  },
  fontFamily: system,
  fontFamilyMonospace: mono,
  fontSmoothing: true,
  defaultRadius: 'md',
  radius: { xs: '4px', sm: '6px', md: '8px', lg: '12px', xl: '16px' },
  fontSizes: { xs: '11.5px', sm: '12.5px', md: '13.5px', lg: '15px', xl: '18px' },
  lineHeights: { xs: '1.4', sm: '1.45', md: '1.5', lg: '1.55', xl: '1.6' },
  headings: { fontWeight: '620', fontFamily: system },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Drawer: Drawer.extend({ defaultProps: { overlayProps: { backgroundOpacity: 0.3 } } }),
    Modal: Modal.extend({ defaultProps: { overlayProps: { backgroundOpacity: 0.45 } } }),
    InputWrapper: InputWrapper.extend({ styles: { label: { fontWeight: 540 } } }),
  },
  focusRing: 'auto',
});

const dark = {
  '--m-bg': '#101216',
  '--m-sidebar': '#0c0e11',
  '--m-panel': '#15171c',
  '--m-raised': '#1d2026',
  '--m-hover': '#1b1e24',
  '--m-active': '#252932',
  '--m-line': '#262a32',
  '--m-line-strong': '#3a3f4a',
  '--m-text': '#eceef2',
  '--m-dim': '#a4abb7',
  '--m-faint': '#8b929e',
  '--m-accent': '#94a2f2',
  '--m-accent-fill': '#5061df',
  '--m-accent-soft': 'rgba(122, 138, 240, 0.16)',
  '--m-clip': '#f5b942',
  '--m-clip-ink': '#221703',
  '--m-ok': '#5fd39a',
  '--m-ok-soft': 'rgba(95, 211, 154, 0.12)',
  '--m-warn': '#f0b65a',
  '--m-warn-soft': 'rgba(240, 182, 90, 0.1)',
  '--m-bad': '#ff8a8a',
  '--m-bad-soft': 'rgba(255, 110, 110, 0.1)',
  '--m-mark': 'rgba(245, 185, 66, 0.32)',
  '--m-stage': '#000000',
  '--m-playhead': '#ffffff',
  '--m-playhead-edge': 'rgba(0, 0, 0, 0.6)',
  '--m-shadow': '0 12px 40px rgba(0, 0, 0, 0.5), 0 2px 8px rgba(0, 0, 0, 0.35)',
  '--m-encoder-1': '#5ec8fa',
  '--m-encoder-2': '#c4a1ff',
  '--m-encoder-3': '#5fdca8',
  '--m-encoder-4': '#ff9db5',
};

const light: Record<keyof typeof dark, string> = {
  '--m-bg': '#ffffff',
  '--m-sidebar': '#f6f6f8',
  '--m-panel': '#fafafb',
  '--m-raised': '#ffffff',
  '--m-hover': '#f1f1f4',
  '--m-active': '#e7e8ed',
  '--m-line': '#e5e6ea',
  '--m-line-strong': '#c9ccd4',
  '--m-text': '#17181c',
  '--m-dim': '#545a66',
  '--m-faint': '#5f6571',
  '--m-accent': '#4150c8',
  '--m-accent-fill': '#5061df',
  '--m-accent-soft': 'rgba(80, 97, 223, 0.1)',
  '--m-clip': '#f0a91c',
  '--m-clip-ink': '#2a1c02',
  '--m-ok': '#12774a',
  '--m-ok-soft': 'rgba(18, 119, 74, 0.1)',
  '--m-warn': '#8a5500',
  '--m-warn-soft': 'rgba(224, 150, 20, 0.12)',
  '--m-bad': '#b82b2b',
  '--m-bad-soft': 'rgba(214, 60, 60, 0.08)',
  '--m-mark': 'rgba(245, 185, 66, 0.42)',
  '--m-stage': '#0d0e11',
  '--m-playhead': '#17181c',
  '--m-playhead-edge': 'rgba(255, 255, 255, 0.85)',
  '--m-shadow': '0 12px 40px rgba(23, 24, 28, 0.14), 0 2px 8px rgba(23, 24, 28, 0.08)',
  '--m-encoder-1': '#0b78b4',
  '--m-encoder-2': '#7747d1',
  '--m-encoder-3': '#0e8457',
  '--m-encoder-4': '#c23a60',
};

export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  dark: {
    ...dark,
    '--mantine-color-body': dark['--m-bg'],
    '--mantine-color-text': dark['--m-text'],
    '--mantine-color-dimmed': dark['--m-dim'],
    '--mantine-color-placeholder': dark['--m-faint'],
    '--mantine-color-default': dark['--m-raised'],
    '--mantine-color-default-hover': dark['--m-active'],
    '--mantine-color-default-border': dark['--m-line-strong'],
    '--mantine-color-error': dark['--m-bad'],
  },
  light: {
    ...light,
    '--mantine-color-body': light['--m-bg'],
    '--mantine-color-text': light['--m-text'],
    '--mantine-color-dimmed': light['--m-dim'],
    '--mantine-color-placeholder': light['--m-faint'],
    '--mantine-color-default': light['--m-raised'],
    '--mantine-color-default-hover': light['--m-hover'],
    '--mantine-color-default-border': light['--m-line-strong'],
    '--mantine-color-error': light['--m-bad'],
  },
});

const encoderColours = 4;

/** The colour of the n-th encoder (0-based), on its strip and on the timeline alike. */
export function encoderColour(n: number): string {
  return `var(${encoderVariable(n)})`;
}

/** The name of that colour's variable. */
export function encoderVariable(n: number): string {
  return `--m-encoder-${(Math.max(0, n) % encoderColours) + 1}`;
}
