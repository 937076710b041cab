import { describe, expect, it } from 'vitest';
import type { ConversationSummary } from '../../../engine/contract/conversations.ts';
import { excerptOf, highlight } from '../../../renderer/lib/highlight.ts';
import { groupByDay } from '../../../renderer/lib/history-groups.ts';
import { mendMarkdown } from '../../../renderer/lib/mend-markdown.ts';
import { commandOf, type Keystroke } from '../../../renderer/lib/shortcuts.ts';

describe('mendMarkdown', () => {
  it.each([
    ['a **red', 'a **red**'],
    ['a **red **', 'a **red **'],
    ['a **', 'a '],
    ['a **red*', 'a **red**'],
    ['a *slow', 'a *slow*'],
    ['use `code', 'use `code`'],
    ['use `', 'use '],
    ['`a * b` and **c', '`a * b` and **c**'],
    ['* one\n* two', '* one\n* two'],
    ['done **here** and there', 'done **here** and there'],
    ['```\nlet a = **', '```\nlet a = **'],
    ['first **block\n\nsecond', 'first **block\n\nsecond'],
  ])('%j', (text, mended) => {
    expect(mendMarkdown(text)).toBe(mended);
  });
});

describe('highlight', () => {
  it('marks every word, whatever its case, and loses no character', () => {
    const parts = highlight('A Red ball, reddish', 'red ball');
    expect(parts.filter((part) => part.marked).map((part) => part.text)).toEqual(['Red', 'ball', 'red']);
    expect(parts.map((part) => part.text).join('')).toBe('A Red ball, reddish');
  });

  it('takes signs in a search as what they are', () => {
    expect(highlight('a (b', '(.*')).toEqual([{ text: 'a (b', marked: false }]);
  });

  it('shows an excerpt without Markdown, and none that only repeats the title', () => {
    expect(excerptOf({ title: 'Ball', excerpt: '…a **red** ball\n## Then' })).toBe('…a red ball Then');
    expect(excerptOf({ title: 'Ball', excerpt: 'Ball' })).toBeNull();
  });
});

describe('groupByDay', () => {
  const now = new Date(2026, 10, 23, 0, 30).getTime();
  const at = (...date: Parameters<typeof Date.UTC>) => {
    const [year, month = 0, day = 1, hour = 0] = date;
    return new Date(year, month, day, hour).getTime();
  };
  const item = (updatedAt: number): ConversationSummary => ({
    id: String(updatedAt),
    title: '',
    videoName: null,
    modelId: 'm',
    createdAt: 0,
    updatedAt,
    excerpt: null,
  });

  it('goes by calendar days, newest first', () => {
    const times = [
      at(2025, 11, 31),
      at(2026, 10, 23),
      at(2026, 10, 22, 23),
      at(2026, 10, 18),
      at(2026, 9, 1),
    ];
    const days = groupByDay(times.map(item), now).flatMap((line) =>
      line.kind === 'day' ? [line.title] : [],
    );
    expect(days).toEqual(['Today', 'Yesterday', 'Wednesday', 'October', 'December 2025']);
  });
});

describe('commandOf', () => {
  const press = (key: string, more: Partial<Keystroke> = {}): Keystroke => ({
    key,
    code: '',
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    shiftKey: false,
    ...more,
  });

  it('leaves a text field its letters and takes the commands', () => {
    for (const key of ['i', 'o', 'x', '?', '/', ' ', 'ArrowLeft'])
      expect(commandOf(press(key), 'text')).toBeNull();
    expect(commandOf(press('n', { ctrlKey: true }), 'text')).toBe('newConversation');
    expect(commandOf(press(',', { metaKey: true }), 'text')).toBe('settings');
    expect(commandOf(press('Escape'), 'text')).toBe('stop');
  });

  it('leaves a button its Space and a slider its arrows', () => {
    expect(commandOf(press(' '), 'widget')).toBeNull();
    expect(commandOf(press('ArrowLeft'), 'widget')).toBeNull();
    expect(commandOf(press('i'), 'widget')).toBe('markIn');
  });

  it('plays and steps on the page', () => {
    expect(commandOf(press(' '), 'page')).toBe('play');
    expect(commandOf(press('ArrowRight', { shiftKey: true }), 'page')).toBe('forwardFar');
    expect(commandOf(press('?', { shiftKey: true }), 'page')).toBe('shortcuts');
    expect(commandOf(press('c', { ctrlKey: true }), 'page')).toBeNull();
    expect(commandOf(press('f', { ctrlKey: true, shiftKey: true }), 'page')).toBeNull();
  });
});
