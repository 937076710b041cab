/**
 * Cuts generated text at the first stop string. Text that may be the beginning of one is held back until it is
 * clear, so that no part of a stop string is ever shown.
 */
export class StopStrings {
  private readonly stops: readonly string[];
  private held = '';

  constructor(stops: readonly string[]) {
    this.stops = stops;
  }

  /** What may be shown now, and whether a stop string was met. */
  push(text: string): { readonly text: string; readonly stopped: boolean } {
    this.held += text;
    const found = this.stops.map((stop) => this.held.indexOf(stop)).filter((at) => at !== -1);
    if (found.length > 0) return { text: this.held.slice(0, Math.min(...found)), stopped: true };
    const keep = this.longestBeginning();
    const shown = this.held.slice(0, this.held.length - keep);
    this.held = this.held.slice(this.held.length - keep);
    return { text: shown, stopped: false };
  }

  /** What was held back when the text ended otherwise. */
  end(): string {
    const rest = this.held;
    this.held = '';
    return rest;
  }

  /** Length of the longest end of the text that begins a stop string. */
  private longestBeginning(): number {
    const longest = Math.max(0, ...this.stops.map((stop) => stop.length - 1));
    for (let length = Math.min(longest, this.held.length); length > 0; length--) {
      const end = this.held.slice(this.held.length - length);
      if (this.stops.some((stop) => stop.startsWith(end))) return length;
    }
    return 0;
  }
}
