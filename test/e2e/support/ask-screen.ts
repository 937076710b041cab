import type { Locator, Page } from 'playwright-core';

/** The Ask screen by what people and screen readers call its parts. */
export function askScreen(page: Page) {
  const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true }).first();
  const answers = page.getByRole('article', { name: 'Answer' });
  const questions = page.getByRole('article', { name: 'Question' });
  const question = page.getByRole('textbox', { name: 'Question' });
  const frames = page.getByRole('region', { name: 'Frames the model sees' });

  return {
    question,
    frames,
    answers,
    questions,
    button,
    engine: page.getByRole('status', { name: 'Engine' }),

    async openSample(): Promise<void> {
      await button('Open sample').click();
      await frames.getByRole('img').first().waitFor({ timeout: 60_000 });
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
      await button('Stop').waitFor({ state: 'detached', timeout: 120_000 });
    },
  };
}

/** How much text an element shows. */
export async function lengthOf(locator: Locator): Promise<number> {
  return (await locator.textContent())?.length ?? 0;
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
