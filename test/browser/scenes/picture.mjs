// SPDX-License-Identifier: Apache-2.0
// picture.mjs - a picture of any page, our own or another viewer's: files are handed to its
// file chooser, keys pressed, until what is waited for is there.

export async function play(browser, args) {
  const context = await browser.newContext({
    viewport: { width: args.width ?? 1280, height: args.height ?? 800 },
    colorScheme: args.theme ?? "light",
  });
  const page = await context.newPage();
  await page.goto(args.url);
  if (args.file) await page.locator("input[type=file]").setInputFiles(args.file);
  if (args.there) await page.locator(args.there).first().waitFor();
  if (args.address) {
    const before = await page.evaluate(() => Number(document.body.dataset.drawn ?? 0));
    await page.evaluate((hash) => {
      location.hash = hash;
    }, args.address);
    await page.waitForFunction((count) => Number(document.body.dataset.drawn ?? 0) > count, before);
  }
  // Viewers that tell nobody when they have drawn.
  await page.waitForTimeout(args.wait ?? 300);
  for (const key of args.keys ?? []) {
    await page.keyboard.press(key);
    await page.waitForTimeout(args.wait ?? 300);
  }
  await page.screenshot({ path: args.path });
  return page.title();
}
