// SPDX-License-Identifier: Apache-2.0
// foreign.mjs - the page is open, with its cookie; in the same browser another site tries
// to have something of it, in every way there is. Tells what came back.

export async function play(browser, args) {
  const context = await browser.newContext();
  const own = await context.newPage();
  await own.goto(args.url);
  await own.waitForFunction(() => Number(document.body.dataset.drawn ?? 0) > 0);
  const host = new URL(args.url).host;
  const headers = [], attacks = new Set();
  const from = (response) => {
    try {
      return response.frame().page();
    } catch {
      return null; // of a window that is just being opened
    }
  };
  context.on("response", (response) => {
    if (new URL(response.url()).host !== host) return;
    headers.push({ url: response.url(), within: attacks.has(from(response)),
      status: response.status(), ...response.headers() });
  });
  const told = {};
  for (const site of args.sites) {
    const page = await context.newPage();
    attacks.add(page);
    await page.goto(site);
    told[site] = await page.evaluate(async ({ origin, routes }) => {
      const got = [];
      const say = (way, route, what) => got.push(`${way} ${route}: ${what}`);
      const load = (way, route, element, put) => new Promise((done) => {
        const globals = Object.keys(globalThis).length;
        element.onload = () => {
          const more = Object.keys(globalThis).length - globals;
          let inside = "";
          try {
            inside = element.contentDocument?.documentElement.textContent ?? "";
            if (element.sheet) inside += [...element.sheet.cssRules].length;
          } catch {
            // Of another origin, as it should be.
          }
          // Frames are told of refusals as well, whose page is not to be read.
          if (!["iframe", "embed", "object"].includes(way) || inside) say(way, route, `loaded ${more} ${inside}`);
          done();
        };
        element.onerror = () => done();
        put(element);
        document.body.append(element);
        setTimeout(done, 500);
      });
      for (const route of routes) {
        const to = `${origin}${route}`;
        for (const mode of ["cors", "no-cors", "same-origin"]) {
          for (const method of ["GET", "HEAD", "POST"]) {
            for (const credentials of ["include", "omit"]) {
              await fetch(to, { mode, method, credentials }).then(async (answer) => {
                const text = await answer.text();
                if (answer.type !== "opaque" || text) say(`${mode} ${method}`, route, text);
              }, () => {});
            }
          }
        }
        await fetch(to, { method: "PUT", headers: { "x-own": "1" }, credentials: "include" })
          .then((answer) => say("PUT", route, answer.status), () => {});
        await load("img", route, new Image(), (e) => {
          e.src = to;
        });
        for (const [tag, key, more] of [["script", "src", {}], ["iframe", "src", {}],
          ["link", "href", { rel: "stylesheet" }], ["video", "src", {}], ["object", "data", {}],
          ["embed", "src", {}]]) {
          await load(tag, route, Object.assign(document.createElement(tag), more), (e) => {
            e[key] = to;
          });
        }
        await new Promise((done) => {
          const socket = new WebSocket(to.replace("http", "ws"));
          socket.onopen = () => say("WebSocket", route, "open");
          socket.onclose = socket.onerror = done;
        });
        await new Promise((done) => {
          const events = new EventSource(to, { withCredentials: true });
          events.onopen = () => say("EventSource", route, "open");
          events.onerror = () => done(events.close());
          setTimeout(done, 500);
        });
        try {
          new Worker(to);
          say("Worker", route, "made");
        } catch {
          // Another origin's script is none for a worker.
        }
        const form = Object.assign(document.createElement("form"),
          { method: "post", action: to, target: "of-form" });
        const frame = Object.assign(document.createElement("iframe"), { name: "of-form" });
        document.body.append(frame, form);
        await new Promise((done) => {
          frame.onload = () => done();
          form.submit();
          setTimeout(done, 500);
        });
        const opened = open(to, "_blank");
        await new Promise((done) => setTimeout(done, 100));
        try {
          if (opened?.document?.body?.textContent) say("open", route, "read");
        } catch {
          // Cut off from it, as it should be.
        }
        opened?.close();
      }
      return got;
    }, { origin: args.url.split("/?")[0], routes: args.routes });
    await page.close();
  }
  return { told, headers };
}
