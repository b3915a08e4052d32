// SPDX-License-Identifier: Apache-2.0
// functions.mjs - the details panel and the bar of the sandwich for some functions.
import { details, enter, go, grid } from "./stage.mjs";

export async function play(browser, args) {
  const { page, problems } = await enter(browser, args);
  const found = {};
  for (const id of args.ids) {
    await go(page, `v=sandwich&f=${id}`);
    found[id] = { ...await details(page), bar: (await grid(page))[0].cells };
  }
  return { found, problems };
}
