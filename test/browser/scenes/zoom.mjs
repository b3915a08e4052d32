// SPDX-License-Identifier: Apache-2.0
// zoom.mjs - the call graph made larger and smaller by keys, wheel and button, and drawn
// about by hand: its size, where it is scrolled to, what is chosen, what the address says.
import { act, drawn, enter, go } from "./stage.mjs";

export async function play(browser, args) {
  const { page, problems } = await enter(browser, args);
  await go(page, args.address);
  const seen = async () => page.evaluate(() => {
    const chart = document.querySelector(".chart"), sheet = document.querySelector(".sheet");
    return {
      wide: chart.scrollWidth, high: parseFloat(sheet.style.height),
      room: [chart.clientWidth, chart.clientHeight],
      at: [Math.round(chart.scrollLeft), Math.round(chart.scrollTop)],
      hash: location.hash, name: document.querySelector("#side h2").textContent,
    };
  });
  const found = { first: await seen() };
  await act(page, () => page.keyboard.press("F"));
  found.fit = await seen();
  await act(page, () => page.keyboard.press("F"));
  found.again = await seen();
  for (let i = 0; i < 3; i++) await act(page, () => page.keyboard.press("+"));
  found.larger = await seen();
  const chart = await page.locator(".chart").boundingBox();
  const x = chart.x + chart.width / 2, y = chart.y + chart.height / 2;
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + 60, y, { steps: 4 });
  await page.mouse.up();
  found.moved = await seen();
  await page.keyboard.down("Control");
  await act(page, () => page.mouse.wheel(0, 50));
  await page.keyboard.up("Control");
  found.wheel = await seen();
  const other = await page.context().newPage();
  await other.goto(page.url());
  await drawn(other, 0);
  found.linked = await other.evaluate(() => parseFloat(document.querySelector(".sheet").style.height));
  return { ...found, problems };
}
