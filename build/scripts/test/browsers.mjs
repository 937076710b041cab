import { aptInstall } from '../setup/apt.mjs';
import { which } from '../setup/command.mjs';
import { hasDisplay } from '../setup/display.mjs';
import { ensureElectron } from '../setup/electron.mjs';
import { SetupError } from '../setup/say.mjs';

/** @returns {Promise<string | null>} a Chromium or Chrome, installed where that is allowed */
export async function ensureChromium() {
  const find = () => which('chromium') ?? which('chromium-browser') ?? which('google-chrome');
  if (!find()) await aptInstall(['chromium']);
  return find();
}

/**
 * What the end-to-end tests drive, as environment for them. What is missing and cannot be installed is named in
 * `lacks`, one sentence each; the tests that need it are skipped.
 * @returns {Promise<{ env: Record<string, string>, lacks: string[] }>}
 */
export async function findBrowsers() {
  /** @type {Record<string, string>} */
  const env = {};
  /** @type {string[]} */
  const lacks = [];

  const chromium = await ensureChromium();
  if (chromium) env.MERV_TEST_CHROMIUM = chromium;
  else lacks.push('No Chromium here (Debian: apt-get install chromium): the browser tests are skipped.');

  if (!hasDisplay() && !which('Xvfb')) await aptInstall(['xvfb']);
  if (!hasDisplay() && !which('Xvfb')) {
    lacks.push('No display and no Xvfb (Debian: apt-get install xvfb): the window tests are skipped.');
    return { env, lacks };
  }
  try {
    env.MERV_TEST_ELECTRON = await ensureElectron();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    lacks.push(`${error.message} The window tests are skipped.`);
  }
  return { env, lacks };
}
