import { describe, expect, it } from 'vitest';
import { StopStrings } from '../../../engine/answering/stop-strings.ts';

/** Feeds pieces; what was shown, and whether a stop string ended it. */
function feed(stops: readonly string[], pieces: readonly string[]): { shown: string; stopped: boolean } {
  const filter = new StopStrings(stops);
  let shown = '';
  for (const piece of pieces) {
    const { text, stopped } = filter.push(piece);
    shown += text;
    if (stopped) return { shown, stopped };
  }
  return { shown: shown + filter.end(), stopped: false };
}

describe('stop strings', () => {
  it('cuts before a stop string, however the text is cut into pieces', () => {
    const text = 'one two\nUser: three';
    for (let size = 1; size <= text.length; size++) {
      const pieces = text.match(new RegExp(`[^]{1,${size}}`, 'g'))!;
      expect(feed(['\nUser:'], pieces)).toEqual({ shown: 'one two', stopped: true });
    }
  });

  it('shows what only looked like the beginning of one', () => {
    expect(feed(['aab'], ['a', 'a', 'a', 'c'])).toEqual({ shown: 'aaac', stopped: false });
    expect(feed(['aab'], ['a', 'a', 'a', 'b'])).toEqual({ shown: 'a', stopped: true });
    expect(feed(['END'], ['the E', 'N'])).toEqual({ shown: 'the EN', stopped: false });
  });

  it('takes the earliest of several', () => {
    expect(feed(['cd', 'b'], ['abcd'])).toEqual({ shown: 'a', stopped: true });
  });
});
