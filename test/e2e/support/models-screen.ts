import type { Page } from 'playwright-core';

/** The model manager by what people and screen readers call its parts. */
export function modelsScreen(page: Page) {
  const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true }).first();
  const rail = page.getByRole('navigation', { name: 'Screens' });
  const sheet = page.getByRole('dialog', { name: /^Install / });

  return {
    button,
    sheet,
    /** A model's line in the list. */
    row: (name: string | RegExp) =>
      page.getByRole('navigation', { name: 'Models' }).getByRole('button', { name }),
    job: (name: string | RegExp) => page.getByRole('article', { name }),

    async go(
      screen: 'Ask' | 'Models' | 'Discover' | 'Downloads' | 'Compare' | 'Train' | 'Settings',
    ): Promise<void> {
      await rail.getByRole('button', { name: screen, exact: true }).click();
    },

    /** Searches Hugging Face and opens one of the repositories found. */
    async find(words: string, repo: string): Promise<void> {
      const field = page.getByRole('textbox', { name: 'Search Hugging Face' });
      await field.fill(words);
      await field.press('Enter');
      const name = repo.slice(repo.indexOf('/') + 1);
      await page
        .getByRole('region', { name: 'Search results' })
        .getByRole('button', { name: new RegExp(`^${name} `) })
        .first()
        .click();
      await page.getByRole('article', { name: repo }).waitFor();
    },
  };
}
