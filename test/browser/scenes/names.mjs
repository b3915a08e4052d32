// SPDX-License-Identifier: Apache-2.0
// names.mjs - goes through views of a file of hostile names: over boxes with the pointer,
// into menus and sheets, by search, with copies and pictures; tells whether anything of
// them came alive. `args.each`: views in which every function is chosen, one by one.
import { writeFile } from "node:fs/promises";
import { enter, go } from "./stage.mjs";

const FOREIGN = "script:not([src]):not([type]), iframe, object, embed, img, video, base, " +
  "style, math, template, noscript, details, form, foreignObject, set, animate, " +
  "link:not([href='page.css']), meta[http-equiv=refresh], " +
  "[onerror], [onload], [onfocus], [onmouseover], [ontoggle], [onbegin], [srcdoc], " +
  "a[href]:not([href^='vscode://file/']), [src^='javascript' i], [action], [formaction]";

/** What a picture may hold; anything else, and anything that could act, is told. `lab`: a
 * page without a policy, which would report on what is only looked at. */
const strange = (lab, text) => lab.evaluate((svg) => {
  const picture = new DOMParser().parseFromString(svg, "image/svg+xml");
  return [...picture.querySelectorAll("*")].flatMap((element) => [
    ...(/^(svg|g|rect|path|text|line|circle|defs|pattern|clipPath|title|tspan)$/
      .test(element.localName) ? [] : [element.localName]),
    ...[...element.attributes].filter(({ name, value }) =>
      /^on|href$|^style$/i.test(name) || /javascript:|url\((?!#)/i.test(value))
      .map(({ name, value }) => `${name}=${value}`),
  ]);
}, text);

/** Pictures are taken where they are made: of many downloads Chromium asks its user. */
const catchPictures = (page) => page.evaluate(() => {
  const make = URL.createObjectURL.bind(URL);
  URL.createObjectURL = (blob) => {
    if (blob.type === "image/svg+xml") globalThis.caught = blob.text();
    return make(blob);
  };
  const click = HTMLAnchorElement.prototype.click;
  HTMLAnchorElement.prototype.click = function () {
    if (!this.download) click.call(this);
  };
});

async function picture({ page, lab, args, told }, name) {
  await page.evaluate(() => {
    globalThis.caught = null;
  });
  await page.keyboard.press("x");
  await page.waitForFunction(() => globalThis.caught);
  const svg = await page.evaluate(() => globalThis.caught);
  told.odd.push(...await strange(lab, svg));
  told.pictures += 1;
  if (args.keep) await writeFile(`${args.keep}/${name}.svg`, svg);
}

/** The pointer over boxes, the menu, and of charts the stack as text and as Markdown. */
async function handle({ page, told }, steps, copies) {
  for (let i = 1; i <= steps; i++) await page.mouse.move(130 + i * 90, 90 + i * 50);
  await page.mouse.click(220, 170, { button: "right" });
  told.menus += await page.locator("[role=menu]").count();
  await page.keyboard.press("Escape");
  for (const key of copies ? ["c", "C"] : []) {
    await page.evaluate(() => navigator.clipboard.writeText("nothing"));
    await page.keyboard.press(key);
    await page.waitForFunction(async () =>
      (await navigator.clipboard.readText()) !== "nothing");
    told.copies += 1;
  }
}

/** Every row of a table that only has those on the screen. */
async function scroll(page, told) {
  told.rows += await page.evaluate(async () => {
    const seen = new Set();
    const boxes = [...document.querySelectorAll("#view, #view *, #side")].filter((element) =>
      element.scrollHeight > element.clientHeight + 40 &&
      /auto|scroll/.test(getComputedStyle(element).overflowY));
    const wait = (ms) => new Promise((done) => setTimeout(done, ms));
    // The rows there are reach down to where the box ends: they are asked for on the way.
    const filled = (box) => [...box.querySelectorAll("tr[data-at]")].some((row) =>
      row.getBoundingClientRect().bottom > box.getBoundingClientRect().bottom - 60);
    for (const box of boxes) {
      const table = box.querySelector("tr[data-at]") !== null;
      for (let at = 0; at < box.scrollHeight && at < 60_000; at += box.clientHeight) {
        box.scrollTop = at;
        await wait(10);
        for (let tries = 0; table && tries < 300 && !filled(box); tries++) await wait(10);
        for (const row of box.querySelectorAll("tbody tr")) seen.add(row.textContent);
      }
      box.scrollTop = 0;
    }
    return seen.size;
  });
}

export async function play(browser, args) {
  const { page, context, problems } = await enter(browser, args);
  // What the page itself is made of, before any name was shown: the saved form's own parts.
  const own = await page.locator(FOREIGN).count();
  const told = { odd: [], pictures: 0, menus: 0, rows: 0, went: 0, copies: 0 };
  const lab = await browser.newPage();
  await page.bringToFront();
  await catchPictures(page);
  const all = { page, lab, args, told };
  for (const [name, address] of Object.entries(args.views)) {
    await go(page, address);
    await handle(all, 8, args.charts.includes(name));
    if (!args.charts.includes(name)) await scroll(page, told);
    if (args.charts.includes(name)) await picture(all, name);
  }
  for (const view of args.each) {
    for (const fn of args.functions) {
      await go(page, `v=${view}&f=${fn}`);
      told.went += 1;
      if (args.deep) {
        await handle(all, 4, args.charts.includes(view));
        if (args.charts.includes(view)) await picture(all, `${view}-${fn}`);
      }
    }
  }
  for (const words of args.searches) {
    await go(page, `v=icicle&q=${encodeURIComponent(words.toWellFormed())}`);
    await page.keyboard.press("n");
  }
  // The address bar itself: what no link of ours says may be refused, and is nothing worse.
  const before = problems.length;
  for (const words of args.addresses) {
    await page.evaluate((hash) => {
      location.hash = hash;
    }, words);
    await page.waitForTimeout(30);
  }
  await go(page, "v=table");
  await page.locator("#profile").click();
  await page.keyboard.press("Escape");
  await page.keyboard.press("p");
  await page.keyboard.press("Escape");
  const refused = problems.splice(before).filter((text) => !/status of 400/.test(text));
  problems.push(...refused);
  const elements = await page.locator(FOREIGN).evaluateAll((found) =>
    found.map((element) => element.outerHTML.slice(0, 200)));
  return {
    ...told, problems, elements: elements.slice(own),
    executed: await page.evaluate(() => globalThis.executed ?? null),
    reports: await page.evaluate(() => globalThis.reports),
    pages: context.pages().length,
  };
}
