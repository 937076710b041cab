/** What a key can do. Everything here can be done with the pointer too. */
export type Command =
  | 'newConversation'
  | 'searchHistory'
  | 'openVideo'
  | 'toggleSidebar'
  | 'sampling'
  | 'shortcuts'
  | 'ask'
  | 'models'
  | 'discover'
  | 'downloads'
  | 'compare'
  | 'train'
  | 'settings'
  | 'toggleTheme'
  | 'write'
  | 'stop'
  | 'play'
  | 'markIn'
  | 'markOut'
  | 'wholeVideo'
  | 'back'
  | 'forward'
  | 'backFar'
  | 'forwardFar';

/** The part of a KeyboardEvent that decides. */
export interface Keystroke {
  readonly key: string;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

/** Where the focus is: a text field takes plain keys, a button or slider takes Space, Enter and arrows. */
export type Focus = 'text' | 'widget' | 'page';

const withMod: Readonly<Record<string, Command>> = {
  n: 'newConversation',
  f: 'searchHistory',
  o: 'openVideo',
  b: 'toggleSidebar',
  e: 'sampling',
  '1': 'ask',
  '2': 'models',
  '3': 'discover',
  '4': 'downloads',
  '5': 'compare',
  '6': 'train',
  ',': 'settings',
  '/': 'shortcuts',
};
const plain: Readonly<Record<string, Command>> = {
  '?': 'shortcuts',
  '/': 'write',
  i: 'markIn',
  o: 'markOut',
  x: 'wholeVideo',
};
const onPage: Readonly<Record<string, Command>> = { ' ': 'play', ArrowLeft: 'back', ArrowRight: 'forward' };

/** The command that this keystroke means there, or null where it is none of ours. */
export function commandOf(stroke: Keystroke, focus: Focus): Command | null {
  const mod = stroke.ctrlKey || stroke.metaKey;
  if (mod && stroke.shiftKey && stroke.key.toLowerCase() === 'l') return 'toggleTheme';
  if (mod && !stroke.altKey && !stroke.shiftKey) return withMod[stroke.key.toLowerCase()] ?? null;
  // A browser keeps Ctrl+N for itself.
  if (stroke.altKey && !mod && stroke.code === 'KeyN') return 'newConversation';
  if (mod || stroke.altKey) return null;
  if (stroke.key === 'Escape') return 'stop';
  if (focus === 'text') return null;
  if (focus === 'page') {
    if (stroke.shiftKey && stroke.key === 'ArrowLeft') return 'backFar';
    if (stroke.shiftKey && stroke.key === 'ArrowRight') return 'forwardFar';
    const command = onPage[stroke.key];
    if (command !== undefined) return command;
  }
  return plain[stroke.key.toLowerCase()] ?? null;
}

export interface ShortcutLine {
  readonly label: string;
  /** Keys to show; `mod` is ⌘ on a Mac and Ctrl elsewhere. */
  readonly keys: readonly string[];
}

export const shortcutGroups: readonly { readonly title: string; readonly lines: readonly ShortcutLine[] }[] =
  [
    {
      title: 'Ask',
      lines: [
        { label: 'Write a question', keys: ['/'] },
        { label: 'Send', keys: ['Enter'] },
        { label: 'New line', keys: ['Shift', 'Enter'] },
        { label: 'Stop the answer', keys: ['Esc'] },
        { label: 'Sampling', keys: ['mod', 'E'] },
      ],
    },
    {
      title: 'Video',
      lines: [
        { label: 'Open a video', keys: ['mod', 'O'] },
        { label: 'Play or pause', keys: ['Space'] },
        { label: 'One frame back or forward', keys: ['←', '→'] },
        { label: 'One second back or forward', keys: ['Shift', '← →'] },
        { label: 'Clip starts at the playhead', keys: ['I'] },
        { label: 'Clip ends at the playhead', keys: ['O'] },
        { label: 'Whole video', keys: ['X'] },
      ],
    },
    {
      title: 'Conversations',
      lines: [
        { label: 'New conversation', keys: ['new'] },
        { label: 'Search conversations', keys: ['mod', 'F'] },
        { label: 'Rename the selected one', keys: ['F2'] },
        { label: 'Delete the selected one', keys: ['Del'] },
      ],
    },
    {
      title: 'Models',
      lines: [
        { label: 'Search or filter', keys: ['mod', 'F'] },
        { label: 'Along the list', keys: ['↑ ↓'] },
        { label: 'Rename the selected one', keys: ['F2'] },
        { label: 'Delete the selected one', keys: ['Del'] },
      ],
    },
    {
      title: 'Window',
      lines: [
        { label: 'Ask', keys: ['mod', '1'] },
        { label: 'Models', keys: ['mod', '2'] },
        { label: 'Discover', keys: ['mod', '3'] },
        { label: 'Downloads', keys: ['mod', '4'] },
        { label: 'Compare', keys: ['mod', '5'] },
        { label: 'Train', keys: ['mod', '6'] },
        { label: 'Settings', keys: ['mod', ','] },
        { label: 'Sidebar', keys: ['mod', 'B'] },
        { label: 'Light or dark', keys: ['mod', 'Shift', 'L'] },
        { label: 'This sheet', keys: ['?'] },
      ],
    },
  ];

/** The keys as this machine names them. */
export function shownKeys(keys: readonly string[], mac: boolean, desktop: boolean): readonly string[] {
  return keys.flatMap((key) => {
    if (key === 'mod') return [mac ? '⌘' : 'Ctrl'];
    if (key === 'new') return desktop ? [mac ? '⌘' : 'Ctrl', 'N'] : [mac ? '⌥' : 'Alt', 'N'];
    if (key === 'Shift' && mac) return ['⇧'];
    return [key];
  });
}
