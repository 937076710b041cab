/** A time that stands in a text: `text === source.slice(start, end)`. */
export interface FoundTime {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly seconds: number;
}

const candidate = /\d+(?::\d{2}){1,2}(?:\.\d{1,3})?|\d{1,5}(?:\.\d{1,3})?/g;
const unit = /^\s?(?:s|secs?|seconds?)(?![\w-])/i;
/** "2–5 s", "from 2 to 5 s": the first number borrows the second one's unit. */
const rangeThenUnit = /^\s?(?:[-–—]|to)\s?\d{1,5}(?:\.\d{1,3})?\s?(?:s|secs?|seconds?)(?![\w-])/i;
/** A longer number, a word, a ratio, a date, money or a negative number goes on to the left. */
const gluedBefore = /[\w:.,/$€£]$|(?<!\d\s?)[-−]$/;
const gluedAfter = /^(?:[\w:/%]|[.,]\d)/;
const decade = /^\d{3}0s$/;
const halfDay = /^\s?[ap]\.?m\b/i;

/**
 * The times that an answer names and that lie in the video: "0:07", "1:02:03.5", "7.5 s", "3 seconds", and both
 * ends of "2–5 s". Times after `limit` (seconds) are left alone: they cannot be positions in this video.
 */
export function findTimes(text: string, limit: number): readonly FoundTime[] {
  const found: FoundTime[] = [];
  for (const match of text.matchAll(candidate)) {
    const start = match.index;
    const after = text.slice(start + match[0].length, start + match[0].length + 24);
    if (gluedBefore.test(text.slice(Math.max(0, start - 4), start))) continue;
    const isClock = match[0].includes(':');
    const suffix = isClock ? '' : unit.exec(after)?.[0];
    if (suffix === undefined && !rangeThenUnit.test(after)) continue;
    if (decade.test(match[0] + suffix)) continue;
    if (suffix === '' && (gluedAfter.test(after) || halfDay.test(after))) continue;
    const seconds = isClock ? clockSeconds(match[0]) : Number(match[0]);
    if (seconds === null || seconds > limit + 0.5) continue;
    const end = start + match[0].length + (suffix ?? '').length;
    found.push({ start, end, text: text.slice(start, end), seconds });
  }
  return found;
}

function clockSeconds(text: string): number | null {
  const parts = text.split(':').map(Number);
  const [last = 0, minutes = 0, hours = 0] = parts.reverse();
  if (last >= 60 || (parts.length === 3 && minutes >= 60)) return null;
  return hours * 3600 + minutes * 60 + last;
}
