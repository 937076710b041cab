import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import Markdown from 'react-markdown';
import { describe, expect, it } from 'vitest';
import { findTimes } from '../../../renderer/lib/find-times.ts';
import { rehypeTimes } from '../../../renderer/lib/markdown-times.ts';

const found = (text: string, limit = 7200) => findTimes(text, limit).map((time) => [time.text, time.seconds]);

describe('findTimes', () => {
  it.each([
    ['It starts at 0:07.', [['0:07', 7]]],
    ['At 1:02:03 the credits roll', [['1:02:03', 3723]]],
    [
      'between 0:02.5 and 12:30',
      [
        ['0:02.5', 2.5],
        ['12:30', 750],
      ],
    ],
    ['gone by 7.5 s.', [['7.5 s', 7.5]]],
    [
      'after 3 seconds, or 4s, or 5 sec',
      [
        ['3 seconds', 3],
        ['4s', 4],
        ['5 sec', 5],
      ],
    ],
    ['(0:04)', [['0:04', 4]]],
    [
      '0:02–0:05',
      [
        ['0:02', 2],
        ['0:05', 5],
      ],
    ],
    [
      'from 2–5 s',
      [
        ['2', 2],
        ['5 s', 5],
      ],
    ],
    [
      'from 2 to 8.5 seconds',
      [
        ['2', 2],
        ['8.5 seconds', 8.5],
      ],
    ],
  ])('%s', (text, times) => {
    expect(found(text)).toEqual(times);
  });

  it.each([
    'a 16:9 picture',
    'a ratio of 4:3',
    'at 10:30 am',
    'at 4:05 p.m.',
    'in the 1990s',
    'psalm 12:345',
    'costs $3:50',
    '60 fps, 24 frames',
    'version 1.2.3',
    '2024-05-06',
    '-5 s',
    'a 3-second clip, a 5 s-long one',
    '0:75',
    '12:34:56:78',
  ])('leaves alone: %s', (text) => {
    expect(found(text)).toEqual([]);
  });

  it('leaves times alone that the video does not have', () => {
    expect(found('0:07 and 12:30 and 90 s', 10)).toEqual([['0:07', 7]]);
  });

  it('tells where each time stands', () => {
    const text = 'A ball at 0:02, gone by 7.5 s!';
    for (const time of findTimes(text, 10)) expect(text.slice(time.start, time.end)).toBe(time.text);
  });
});

describe('rehypeTimes', () => {
  const html = (text: string) =>
    renderToStaticMarkup(createElement(Markdown, { rehypePlugins: [[rehypeTimes, { limit: 60 }]] }, text));

  it('marks times inside emphasis, lists and headings, and nothing in code', () => {
    expect(html('## At 0:07\n\n- **7.5 s** and `0:08`')).toBe(
      '<h2>At <time dateTime="7">0:07</time></h2>\n<ul>\n<li><strong><time dateTime="7.5">7.5 s</time></strong> and <code>0:08</code></li>\n</ul>',
    );
    expect(html('```\n0:07\n```')).not.toContain('<time');
  });

  it('keeps raw HTML as text', () => {
    expect(html('<img src=x onerror=alert(1)> at 0:03')).toBe(
      '<p>&lt;img src=x onerror=alert(1)&gt; at <time dateTime="3">0:03</time></p>',
    );
  });
});
