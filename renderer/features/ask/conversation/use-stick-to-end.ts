import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';

const slack = 48;

/**
 * Keeps a scrolling region at its end while its content grows, until the user scrolls up; scrolling back down, a new
 * turn or another conversation takes it up again.
 */
export function useStickToEnd(
  view: number,
  turns: number,
): { readonly ref: RefObject<HTMLElement | null>; readonly atEnd: boolean; readonly toEnd: () => void } {
  const ref = useRef<HTMLElement>(null);
  const sticks = useRef(true);
  const lastTop = useRef(0);
  const [atEnd, setAtEnd] = useState(true);

  const toEnd = useCallback(() => {
    const region = ref.current;
    if (!region) return;
    sticks.current = true;
    region.scrollTop = region.scrollHeight;
    setAtEnd(true);
  }, []);

  useEffect(() => {
    const region = ref.current;
    if (!region) return;
    const onScroll = () => {
      const rest = region.scrollHeight - region.clientHeight - region.scrollTop;
      // Growing content never moves scrollTop up: only the user does.
      if (region.scrollTop < lastTop.current - 1 && rest > slack) sticks.current = false;
      else if (rest <= slack) sticks.current = true;
      lastTop.current = region.scrollTop;
      setAtEnd(rest <= slack);
    };
    const observer = new ResizeObserver(() => {
      if (sticks.current) region.scrollTop = region.scrollHeight;
    });
    observer.observe(region);
    if (region.firstElementChild) observer.observe(region.firstElementChild);
    region.addEventListener('scroll', onScroll, { passive: true });
    return () => {
      observer.disconnect();
      region.removeEventListener('scroll', onScroll);
    };
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: both say that something new is to be seen.
  useLayoutEffect(toEnd, [view, turns, toEnd]);

  return { ref, atEnd, toEnd };
}
