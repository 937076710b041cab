/**
 * Closes what an unfinished Markdown text leaves open at its end, so that emphasis does not flicker as raw signs
 * while it is written: `**`, `*` and a lone backtick of the last block. Fences need no help: an open one runs to the
 * end by definition.
 */
export function mendMarkdown(text: string): string {
  if ((text.match(/^ {0,3}(?:```|~~~)/gm)?.length ?? 0) % 2 === 1) return text;
  const last = text.slice(text.lastIndexOf('\n\n') + 1);
  const ticks = last.split('`').length - 1;
  if (ticks % 2 === 1) return last.endsWith('`') ? text.slice(0, -1) : `${text}\``;
  // Inside code nothing is emphasis, and a list's bullet is none either.
  const prose = last.replace(/`[^`]*`/g, '').replace(/^\s*\*\s/gm, '');
  const strong = prose.split('**').length - 1;
  const single = prose.replace(/\*\*/g, '').split('*').length - 1;
  if (strong % 2 === 0 && single % 2 === 0) return text;
  // Signs with nothing after them yet open nothing.
  const bare = text.replace(/\*+$/, '');
  if (bare !== text && /(^|\s)$/.test(bare)) return bare;
  if (single % 2 === 1 && strong % 2 === 1 && text.endsWith('*')) return `${text}*`;
  return `${text.trimEnd()}${single % 2 === 1 ? '*' : ''}${strong % 2 === 1 ? '**' : ''}`;
}
