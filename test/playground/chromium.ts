import type { Browser, BrowserContextOptions, Page } from "playwright-core";

/** A page of a fresh browser profile, and what it complained of. */
export interface Opened {
  readonly page: Page;
  readonly complaints: string[];
}

export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions & { readonly script?: () => void } = {},
): Promise<Opened> {
  const { script, ...rest } = options;
  const context = await browser.newContext(rest);
  if (script) await context.addInitScript(script);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => complaints.push(message.text()));
  await page.goto(url);
  await page.waitForSelector("html[data-ready]");
  return { page, complaints };
}

/** Waits for the sentence that tells what a digit was taken for. */
export async function classified(page: Page, digit: number): Promise<string> {
  const sentence = page.locator(".verdict", { hasText: `It is a ${digit},` });
  await sentence.waitFor({ timeout: 60_000 });
  return (await sentence.textContent())!;
}
