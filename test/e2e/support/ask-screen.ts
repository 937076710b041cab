import type { Locator, Page } from 'playwright-core';

/** The Ask screen by what people and screen readers call its parts. */
export function askScreen(page: Page) {
  const button = (name: string) => page.getByRole('button', { name, exact: true }).first();
  const answers = page.getByRole('article', { name: 'Answer' });
  const questions = page.getByRole('article', { name: 'Question' });
  const question = page.getByRole('textbox', { name: 'Question' });
  const frames = page.getByRole('region', { name: 'Frames the model sees' });

  return {
    question,
    /** One button a frame that an encoder will see. */
    frames: frames.getByRole('button', { name: /^Frame \d+ at / }),
    answers,
    questions,
    button,
    engine: page.getByRole('status', { name: 'Engine' }),

    async openSample(): Promise<void> {
      await button('Open sample').click();
      await frames.locator('img').first().waitFor({ timeout: 60_000 });
    },

    /** Types and sends; resolves when the answer's article is there. */
    async send(text: string): Promise<Locator> {
      const before = await answers.count();
      await question.fill(text);
      await button('Send').click();
      const answer = answers.nth(before);
      await answer.waitFor({ timeout: 60_000 });
      return answer;
    },

    /** Until no answer is being written. */
    async idle(): Promise<void> {
      await page.locator('article[aria-busy="true"]').waitFor({ state: 'detached', timeout: 120_000 });
    },
  };
}

/** What the model has said so far in an answer's article; empty before the first word. */
export async function said(answer: Locator): Promise<string> {
  const text = answer.locator('[data-writing]');
  return (await text.count()) === 0 ? '' : ((await text.textContent()) ?? '');
}

/** How many characters the model has said so far. */
export async function saidLength(answer: Locator): Promise<number> {
  return (await said(answer)).length;
}

/** A question that any language model answers at length, whatever it sees: for what happens in the middle. */
export const longQuestion = 'Write a Python class for a bank account with comments.';

/** Waits until the answer grew twice, which only a streamed one does; resolves with its length. */
export async function streamed(answer: Locator): Promise<number> {
  let length = 0;
  for (let step = 0; step < 3; step += 1) {
    const before = length;
    const deadline = Date.now() + 90_000;
    while (length <= before) {
      if (Date.now() > deadline) throw new Error(`The answer stayed at ${length} characters.`);
      await answer.page().waitForTimeout(20);
      length = await saidLength(answer);
    }
  }
  return length;
}

/** Every different text an element shows from now on, until `stop` is called. */
export async function watchText(locator: Locator): Promise<{ stop(): Promise<readonly string[]> }> {
  const handle = await locator.evaluateHandle((element) => {
    const seen: string[] = [element.textContent ?? ''];
    const observer = new MutationObserver(() => {
      const text = element.textContent ?? '';
      if (text !== seen.at(-1)) seen.push(text);
    });
    observer.observe(element, { childList: true, subtree: true, characterData: true });
    return { seen, observer };
  });
  return {
    stop: () =>
      handle.evaluate(({ seen, observer }) => {
        observer.disconnect();
        return seen;
      }),
  };
}
