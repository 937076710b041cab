import { describe, expect, it } from 'vitest';
import {
  clipOfRange,
  frameStep,
  isWhole,
  markEdge,
  moveEdge,
  type Range,
  rangeOfClip,
  wholeRange,
} from '../../../renderer/lib/clip.ts';
import { distinctFrames, evenFrames, frameAt, lastFrameBefore } from '../../../renderer/lib/frames.ts';

const video = { seconds: 10, fps: 25, frameCount: 250 };
const whole = wholeRange(video);

describe('the clip', () => {
  it('stops one frame short of the other handle, and at the ends', () => {
    const range = { from: 2, to: 6 };
    expect(moveEdge(range, 'from', 9, video)).toEqual({ from: 5.96, to: 6 });
    expect(moveEdge(range, 'to', 0, video)).toEqual({ from: 2, to: 2.04 });
    expect(moveEdge(range, 'from', -3, video)).toEqual({ from: 0, to: 6 });
    expect(moveEdge(range, 'to', 99, video)).toEqual({ from: 2, to: 10 });
  });

  it('lets the other handle give way to I and O', () => {
    const range = { from: 2, to: 6 };
    expect(markEdge(range, 'from', 3, video)).toEqual({ from: 3, to: 6 });
    expect(markEdge(range, 'from', 8, video)).toEqual({ from: 8, to: 10 });
    expect(markEdge(range, 'to', 1, video)).toEqual({ from: 0, to: 1 });
    expect(markEdge(whole, 'from', 10, video).from).toBeCloseTo(9.96);
    expect(markEdge(whole, 'to', 0, video).to).toBeCloseTo(0.04);
  });

  it('is nothing to the engine when it is the whole, and open where it reaches the end', () => {
    expect(clipOfRange(whole, video)).toBeNull();
    expect(clipOfRange({ from: 0.001, to: 9.999 }, video)).toBeNull();
    expect(clipOfRange({ from: 2, to: 10 }, video)).toEqual({ from: 2, to: null });
    expect(clipOfRange({ from: 0, to: 7.5 }, video)).toEqual({ from: 0, to: 7.5 });
  });

  it('keeps the exact start of a frame: a rounder number would name the frame before', () => {
    const clip = clipOfRange({ from: 7 / 30, to: 8 }, { seconds: 10, fps: 30, frameCount: 300 });
    expect(Math.floor((clip?.from ?? 0) * 30 + 1e-4)).toBe(7);
  });

  it('comes back from the store, and becomes the whole where it no longer fits', () => {
    expect(rangeOfClip({ from: 2, to: null }, video)).toEqual({ from: 2, to: 10 });
    expect(rangeOfClip({ from: 2, to: 99 }, video)).toEqual({ from: 2, to: 10 });
    expect(rangeOfClip({ from: 11, to: 12 }, video)).toEqual(whole);
    expect(rangeOfClip(null, video)).toEqual(whole);
  });

  it('holds 0 <= from < to <= end after any moves', () => {
    let range: Range = whole;
    let seed = 7;
    const random = () => {
      seed = (seed * 16_807) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    for (let i = 0; i < 2_000; i++) {
      const edge = random() < 0.5 ? 'from' : 'to';
      const at = random() * 14 - 2;
      range = random() < 0.5 ? moveEdge(range, edge, at, video) : markEdge(range, edge, at, video);
      expect(range.from).toBeGreaterThanOrEqual(0);
      expect(range.to).toBeLessThanOrEqual(10);
      expect(range.to - range.from).toBeGreaterThan(0.039);
    }
  });

  it('works on a video of one frame', () => {
    const still = { seconds: 0.04, fps: 25, frameCount: 1 };
    const range = moveEdge(wholeRange(still), 'from', 5, still);
    expect(range).toEqual({ from: 0, to: 0.04 });
    expect(isWhole(range, still)).toBe(true);
  });

  it('has a step where the file has no frame rate', () => {
    expect(frameStep({ seconds: 8, fps: 0, frameCount: 4 })).toBe(2);
  });
});

describe('frames', () => {
  it('are the ones that the engine named, and those of the average rate elsewhere', () => {
    const known = [{ index: 3, seconds: 0.5 }];
    expect(frameAt(video, 0.5, known)).toBe(3);
    expect(frameAt(video, 0.52, [])).toBe(13);
    expect(frameAt(video, 10, [])).toBe(249);
    for (let i = 0; i < 250; i++) expect(frameAt(video, i / 25, [])).toBe(i);
  });

  it('spread over the timeline without leaving it', () => {
    expect(evenFrames({ seconds: 10, fps: 1, frameCount: 10 }, 5)).toEqual([1, 3, 5, 7, 9]);
    expect(evenFrames({ seconds: 0, fps: 0, frameCount: 0 }, 3)).toEqual([0, 0, 0]);
  });

  it('count once however many encoders look at them', () => {
    const frames = [
      { index: 1, seconds: 0 },
      { index: 2, seconds: 1 },
    ];
    expect(
      distinctFrames([
        { encoder: 'a', frames },
        { encoder: 'b', frames: [...frames, { index: 9, seconds: 2 }] },
      ]),
    ).toBe(3);
  });

  it('know which one the playhead stands on', () => {
    const frames = [
      { index: 5, seconds: 1 },
      { index: 5, seconds: 1 },
      { index: 9, seconds: 2 },
    ];
    expect([0.5, 1, 1.9, 2, 9].map((time) => lastFrameBefore(frames, time))).toEqual([-1, 0, 0, 2, 2]);
  });
});
