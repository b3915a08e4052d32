// SPDX-License-Identifier: Apache-2.0
// stage.mjs - what scenes share: a page that keeps all that went wrong, and waiting until
// the page has drawn what was asked for.

/** Opens `args.url`; `problems` gets errors, refused loads and requests to elsewhere. */
export async function enter(browser, args) {
  const context = await browser.newContext({
    viewport: { width: args.width ?? 1280, height: args.height ?? 800 },
    colorScheme: args.theme ?? "light", offline: args.offline ?? false,
    permissions: ["clipboard-read", "clipboard-write"], acceptDownloads: true,
  });
  const page = await context.newPage();
  const problems = [], origin = new URL(args.url).origin;
  const ours = (url) => url.startsWith("data:") || url.startsWith("blob:") ||
    (origin === "null" ? url.startsWith("file:") : url.startsWith(`${origin}/`));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(`${error.message}\n${error.stack}`));
  page.on("dialog", (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    if (!ours(request.url())) problems.push(`asked for ${request.url()}`);
  });
  await page.addInitScript(() => {
    globalThis.reports = [];
    addEventListener("securitypolicyviolation", (event) =>
      globalThis.reports.push(`${event.violatedDirective} ${event.blockedURI}`));
  });
  await page.goto(args.url);
  await drawn(page, 0);
  return { page, context, problems };
}

export async function draws(page) {
  return page.evaluate(() => Number(document.body.dataset.drawn ?? 0));
}

/** Waits until the page has drawn more often than `before` says, and no request is under way. */
export async function drawn(page, before, timeout = 20_000) {
  await page.waitForFunction((count) => Number(document.body.dataset.drawn ?? 0) > count,
    before, { timeout });
}

/** Does something that changes the state, and waits for it to be drawn. */
export async function act(page, doing) {
  const before = await draws(page);
  await doing();
  await drawn(page, before);
}

/** Goes to a state by its address. */
export async function go(page, address) {
  const now = await page.evaluate(() => location.hash);
  if (now === `#${address}`) return;
  await act(page, () => page.evaluate((hash) => {
    location.hash = hash;
  }, address));
}

/** What the tree grid of the chart says: the cells of each row, and its state. */
export async function grid(page) {
  return page.locator('[role="treegrid"] [role="row"]').evaluateAll((rows) => rows.slice(1)
    .map((row) => ({
      cells: [...row.children].map((cell) => cell.textContent),
      level: Number(row.getAttribute("aria-level")),
      selected: row.getAttribute("aria-selected") === "true",
    })));
}

export async function details(page) {
  return page.evaluate(() => {
    const side = document.querySelector("#side");
    const text = (element) => element?.textContent ?? null;
    const pairs = {};
    for (const title of side.querySelectorAll("dt")) {
      pairs[title.textContent] = title.nextElementSibling.textContent;
    }
    return { name: text(side.querySelector("h2")), pairs };
  });
}

export async function crumbs(page) {
  return page.locator(".crumbs li").evaluateAll((items) => items.map((li) => li.textContent));
}
