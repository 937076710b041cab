/** As the `ref` of a page's heading: it takes the focus where what had it went away with the page before. */
export function arrive(heading: HTMLElement | null): void {
  if (heading !== null && document.activeElement === document.body) heading.focus();
}
