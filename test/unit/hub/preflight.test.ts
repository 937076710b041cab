import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { partRoles } from '../../../engine/contract/models.ts';
import { readCatalogue } from '../../../engine/hub/catalogue.ts';
import { encoderSource } from '../../../engine/hub/conversion/encoder-sources.ts';
import { llmSource } from '../../../engine/hub/conversion/llm-sources.ts';
import { diskProblems } from '../../../engine/hub/install/disk-needs.ts';
import { isSameSource, modelIdFor } from '../../../engine/hub/install/model-id.ts';
import { memoryProblems, memoryWarnings, refuse } from '../../../engine/hub/install/problems.ts';
import { starterSources } from '../../../engine/hub/starter-sources.ts';
import { writeBundle } from '../../../engine/hub/write-bundle.ts';
import { bundleFormat } from '../../../engine/models/bundle.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'merv preflight '));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('before an install', () => {
  it('downloads and parts of one disk are added up, also for folders that are not there yet', async () => {
    const needs = (download: number, models: number) =>
      diskProblems({
        download: { folder: join(folder, 'not', 'yet'), bytes: download },
        models: { folder, bytes: models },
      });
    const { free, problems } = await needs(1e3, 1e3);
    expect(problems).toEqual([]);
    // Each would fit alone.
    const half = Math.round(free! * 0.6);
    expect((await needs(half, 0)).problems).toEqual([]);
    const [both] = (await needs(half, half)).problems;
    expect(both).toMatchObject({ code: 'disk_full', sentence: expect.stringContaining(folder) });
    expect(() => refuse([both!])).toThrow(/which has .* free/);
  });

  it('memory that this machine lacks forbids converting, and warns of answering', () => {
    const figures = (conversion: number, run: number) => ({
      ...{ conversionMemoryBytes: conversion, runMemoryBytes: run, totalMemoryBytes: 8e9 },
    });
    expect(memoryProblems(figures(7e9, 0))).toEqual([]);
    expect(memoryProblems(figures(8e9, 0))).toMatchObject([{ code: 'out_of_memory' }]);
    expect(memoryWarnings(figures(0, 6e9))).toEqual([]);
    expect(memoryWarnings(figures(0, 7e9))).toEqual([expect.stringContaining('nearly all')]);
    expect(memoryWarnings(figures(0, 9e9))).toEqual([expect.stringContaining('more than')]);
    expect(totalmem()).toBeGreaterThan(0);
  });

  it('a model gets a folder of its own, unless it comes from where the one there came from', async () => {
    const source = { kind: 'hub', repo: 'a/model', revision: 'one', path: null } as const;
    await writeBundle(folder, {
      ...{
        format: bundleFormat,
        id: 'model',
        name: 'M',
        description: '',
        demonstration: false,
        notice: null,
      },
      ...{ createdAt: 0, source, contextLength: 8, encoders: [], visual: null },
      languageModel: { part: 'a' },
      tokenizer: { part: 'b' },
      prompt: { kind: 'builder', builder: 'pure' },
    });
    expect(await modelIdFor(folder, 'other', source)).toBe('other');
    expect(await modelIdFor(folder, 'model', { ...source, revision: 'two' })).toBe('model');
    expect(await modelIdFor(folder, 'model', { ...source, repo: 'b/model' })).toBe('model-2');
    expect(isSameSource(source, { kind: 'local', path: 'a/model' })).toBe(false);
  });
});

describe('the catalogue', () => {
  it('names models that this application reads, each with its figures and parts', async () => {
    const entries = await readCatalogue('resources');
    expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length);
    for (const { id, download, disk, memory, parts, source } of entries) {
      for (const figure of [download, disk, memory]) expect(figure, id).toBeGreaterThan(50e6);
      expect(memory, id).toBeGreaterThan(disk * 0.4);
      expect(parts.map(({ role }) => role).filter((role) => !partRoles.includes(role))).toEqual([]);
      expect(
        parts.some(({ role }) => role === 'languageModel'),
        id,
      ).toBe(true);
      if (source.kind === 'hub')
        expect(
          parts.map(({ repo }) => repo),
          id,
        ).toContain(source.repo);
    }
    const starter = entries.find(({ source }) => source.kind === 'starter');
    const wheels = starterSources.reduce((sum, { wheel }) => sum + wheel.bytes, 0);
    expect(Math.abs(starter!.download / wheels - 1)).toBeLessThan(0.05);
  });

  it('takes the encoders and the base model of MERV from where conversion looks for them', async () => {
    const full = (await readCatalogue('resources')).find(({ id }) => id === 'merv-full')!;
    const ids = [
      ...['languagebind-video-noclass', 'dinov2-video-all-tokens', 'vivit-google-b-all-no-cls-16frames'],
      'siglip-vit-b16-224px-all-no-cls',
    ];
    expect(full.parts.filter(({ role }) => role === 'encoder').map(({ name, repo }) => [name, repo])).toEqual(
      ids.map((id) => [encoderSource(id)?.name, encoderSource(id)?.repo]),
    );
    expect(full.parts.find(({ role }) => role === 'tokenizer')?.repo).toBe(llmSource('llama2-7b-pure')?.repo);
  });

  it('that cannot be read is an expected error', async () => {
    await expect(readCatalogue(folder)).rejects.toMatchObject({ code: 'file_corrupt' });
  });
});
