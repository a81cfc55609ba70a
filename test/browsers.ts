import { chromium, type Browser } from "playwright-core";
import { launch, type Browser as PuppeteersBrowser } from "puppeteer-core";

/** Debian's Chromium, without a window. */
export const launchChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });

/** Debian's Firefox, without a window, by WebDriver BiDi. @param protocolTimeout milliseconds that a script in a page may take */
export const launchFirefox = (protocolTimeout?: number): Promise<PuppeteersBrowser> =>
  launch({
    browser: "firefox",
    executablePath: "/usr/bin/firefox-esr",
    headless: true,
    ...(protocolTimeout && { protocolTimeout }),
  });
