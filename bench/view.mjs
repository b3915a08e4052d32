// SPDX-License-Identifier: Apache-2.0
// view.mjs - what bench/view.py measures in Chromium: one task, {"task": NAME, "chromium": PATH, ...}, and a line of what
// came of it, {"value": ...} or {"error": text}.
import { spawn } from "node:child_process";
import fs from "node:fs";
import { createInterface } from "node:readline";
import { chromium } from "../web/node_modules/playwright-core/index.mjs";

const LONG = 300_000;
const drawn = {
  // The page says how often it has drawn; its chart must have more than one colour.
  sonde: () => {
    const canvas = document.querySelector(".chart canvas");
    if (!(Number(document.body?.dataset.drawn) > 0) || !canvas || canvas.width === 0) return false;
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const colours = new Set(new Uint32Array(data.buffer));
    return colours.size > 2;
  },
  snakeviz: () => document.querySelectorAll("svg rect, svg path").length > 2,
};

const frame = () => new Promise((done) => {
  requestAnimationFrame(() => {
    const behind = new MessageChannel();
    behind.port1.onmessage = () => done(performance.now());
    behind.port2.postMessage(null);
  });
});

/** The command's process and the address it prints. */
async function serve(command, env) {
  const server = spawn(command[0], command.slice(1), {
    env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "ignore"],
  });
  for await (const line of createInterface({ input: server.stdout })) {
    const found = /http:\/\/\S+\/\S+/.exec(line);
    if (found) return [server, found[0]];
  }
  throw new Error(`no address: ${command.join(" ")}`);
}

/** Bytes as they were transferred, heads with them. */
async function counted(page) {
  const cdp = await page.context().newCDPSession(page);
  const loading = new Map(), sum = { get bytes() { return [...loading.values()].reduce((all, one) => all + one, 0); } };
  await cdp.send("Network.enable");
  cdp.on("Network.dataReceived", ({ requestId, encodedDataLength, dataLength }) => {
    loading.set(requestId, (loading.get(requestId) ?? 0) + (encodedDataLength || dataLength));
  });
  cdp.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => loading.set(requestId, encodedDataLength));
  return [cdp, sum];
}

/** Of a process' resident pages, those of files below a folder. */
function mapped(pid, folder) {
  let ours = false, bytes = 0;
  for (const line of fs.readFileSync(`/proc/${pid}/smaps`, "utf8").split("\n")) {
    if (/^[0-9a-f]+-[0-9a-f]+ /.test(line)) ours = line.includes(`${folder}/`);
    else if (ours && line.startsWith("Rss:")) bytes += Number(line.split(/\s+/)[1]) * 1024;
  }
  return bytes;
}

/** Memory that a process has to itself, and its part of what it shares. */
function resident(pid, ...keys) {
  const text = fs.readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return keys.reduce((sum, key) => sum + Number(new RegExp(`^${key}:\\s+(\\d+)`, "m").exec(text)[1]), 0) * 1024;
}

/** JavaScript's heap and array buffers of one thread, and the memories of WebAssembly. */
async function heapOf(ask) {
  await ask("HeapProfiler.collectGarbage", {});
  const { usedSize, backingStorageSize } = await ask("Runtime.getHeapUsage", {});
  const { result: prototype } = await ask("Runtime.evaluate", { expression: "WebAssembly.Memory.prototype" });
  const { objects } = await ask("Runtime.queryObjects", { prototypeObjectId: prototype.objectId });
  const { result: memory } = await ask("Runtime.callFunctionOn", {
    objectId: objects.objectId, returnByValue: true,
    functionDeclaration: "function () { return this.reduce((sum, one) => sum + one.buffer.byteLength, 0); }",
  });
  return usedSize + (backingStorageSize ?? 0) + memory.value;
}

/** Of the page and of its workers. */
async function heap(cdp) {
  let bytes = await heapOf((method, params) => cdp.send(method, params)), asked = 0;
  const answers = new Map(), sessions = [];
  cdp.on("Target.receivedMessageFromTarget", ({ message }) => {
    const { id, result } = JSON.parse(message);
    if (id) answers.get(id)?.(result);
  });
  cdp.on("Target.attachedToTarget", ({ sessionId, targetInfo }) => {
    if (targetInfo.type === "worker") sessions.push(sessionId);
  });
  await cdp.send("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
  for (const sessionId of sessions) {
    bytes += await heapOf((method, params) => new Promise((done, fail) => {
      const id = ++asked;
      answers.set(id, done);
      cdp.send("Target.sendMessageToTarget", { sessionId, message: JSON.stringify({ id, method, params }) }).catch(fail);
    }));
  }
  return bytes;
}

/** What the tab's process has to itself. */
async function rendererOf(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const renderers = processInfo.filter((one) => one.type === "renderer");
  return Math.max(...renderers.map(({ id }) => resident(id, "Private_Clean", "Private_Dirty")));
}

const tasks = {
  /** From the start of a command that serves, or the opening of a file, to the picture. */
  async paint(browser, { command, env, url, kind, patience, mapped: folder }) {
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
    const [, sum] = await counted(page);
    await page.goto("about:blank");
    const begun = performance.now(), end = begun + patience * 1000;
    const [server, address] = command ? await serve(command, env ?? {}) : [null, url];
    const answered = performance.now();
    const drawing = (async () => {
      await page.goto(address, { timeout: LONG, waitUntil: "commit" });
      await page.waitForFunction(drawn[kind], null, { timeout: LONG });
      await page.evaluate(frame);
      return true;
    })();
    try {
      const shown = await Promise.race([drawing, new Promise((done) => setTimeout(() => done(false), end - performance.now()))]);
      drawing.catch(() => undefined);
      const value = { drawn: shown, ms: performance.now() - begun, address_ms: answered - begun, bytes: sum.bytes };
      if (folder) Object.assign(value, { rss: resident(server.pid, "Rss"), mapped: mapped(server.pid, folder) });
      return value;
    } finally {
      server?.kill("SIGKILL");
    }
  },

  /** What happens between an input and the frame that shows what it led to. */
  async use(browser, { command, url, rounds }) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    const page = await context.newPage();
    const [cdp] = await counted(page);
    await page.addInitScript(`globalThis.frame = ${frame}`);
    const [server, address] = command ? await serve(command, {}) : [null, url];
    try {
      await page.goto(address, { timeout: LONG, waitUntil: "commit" });
      await page.waitForFunction(drawn.sonde, null, { timeout: LONG });
      const found = await interactions(page, cdp, rounds);
      return { found, heap: await heap(cdp), renderer: await rendererOf(browser) };
    } finally {
      server?.kill("SIGKILL");
    }
  },
};

/** Waits for an input event of this type, then for the change it leads to, then for the frame. */
function arm({ type, tip }) {
  let begun = type === "now" ? performance.now() : 0;
  const changed = new Promise((done) => {
    const begin = (event) => {
      begun = event.timeStamp;
      removeEventListener(type, begin, true);
    };
    if (!begun) addEventListener(type, begin, true);
    const seen = new MutationObserver(() => {
      if (!begun) return;
      seen.disconnect();
      done();
    });
    if (tip) seen.observe(document.querySelector("#tip"), { attributes: true, childList: true });
    else seen.observe(document.body, { attributes: true, attributeFilter: ["data-shown"] });
  });
  globalThis.measured = Promise.race([
    changed.then(() => globalThis.frame()).then((end) => end - begun),
    new Promise((done) => setTimeout(() => done(null), 5000)),
  ]);
}

async function interactions(page, cdp, rounds) {
  const found = [];
  await cdp.send("Performance.enable", { timeDomain: "threadTicks" });
  const spent = async () => {
    const { metrics } = await cdp.send("Performance.getMetrics");
    return Object.fromEntries(metrics.filter(({ name }) => name.endsWith("Duration")).map(({ name, value }) => [name, value * 1e3]));
  };
  let seed = 7;
  const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
  const time = async (name, how, act) => {
    await page.waitForTimeout(30);
    await page.evaluate(arm, how);
    const before = await spent();
    await act();
    const ms = await page.evaluate(() => globalThis.measured);
    const after = await spent();
    if (ms === null) throw new Error(`nothing was drawn after: ${name}, ${await page.evaluate(() => location.hash)}`);
    const cpu = (what) => after[what] - before[what];
    found.push({ name, ms, cpu_ms: cpu("TaskDuration"), script_ms: cpu("ScriptDuration"),
      layout_ms: cpu("LayoutDuration") + cpu("RecalcStyleDuration"), hash: await page.evaluate(() => location.hash) });
  };
  const key = (name, pressed) => time(name, { type: "keydown" }, () => page.keyboard.press(pressed));
  const whole = async () => {
    if (await page.evaluate(() => location.hash.includes("r="))) await key("root", "0");
  };
  const back = () => time("back", { type: "now" }, () => page.evaluate(() => history.back()));
  /** Some function's box that can be clicked: where the pointer becomes a hand. */
  const box = async () => {
    for (let tries = 0; tries < 200; tries++) {
      const edge = await page.locator(".chart").first().boundingBox();
      const sheet = await page.locator(".chart .sheet").first().boundingBox();
      const high = Math.min(edge.height, sheet.y + sheet.height - edge.y);
      const x = edge.x + 8 + random() * (edge.width - 16), y = edge.y + 8 + random() * (high - 16);
      await page.mouse.move(edge.x + 2, edge.y + edge.height - 2);
      await page.mouse.move(x, y);
      const [hand, shown] = await page.evaluate(() =>
        [document.querySelector(".chart").style.cursor === "pointer",
          /own code|library|builtin/.test(document.querySelector("#tip:not([hidden])")?.textContent)]);
      if (hand && shown) return [x, y];
    }
    throw new Error("no box was found");
  };
  const hover = async () => {
    const [x, y] = await box();
    await page.mouse.move(1, 1);
    await time("hover", { type: "mousemove", tip: true }, () => page.mouse.move(x, y));
    return [x, y];
  };
  const click = async () => {
    const [x, y] = await hover();
    await time("click", { type: "click" }, () => page.mouse.click(x, y));
  };
  const sort = async (title) => time("sort", { type: "click" }, () =>
    page.locator("table.rows thead button", { hasText: title }).first().click());
  const type = async (text) => {
    await page.keyboard.press("/");
    for (const letter of text) await key("search", letter);
    await page.keyboard.press("Escape");
    await page.waitForTimeout(200);
  };

  for (let round = 0; round < rounds; round++) {
    await click();
    await click();
    await hover();
    await key("view", "9");
    await hover();
    await back();
    await key("view", "2");
    await hover();
    await key("view", "3");
    await sort("Cumul.");
    await sort("Calls");
    await sort("Self");
    await time("filter", { type: "click" }, () => page.locator(".chips button").first().click());
    await time("filter", { type: "click" }, () => page.locator(".chips button").first().click());
    await type(`f${Math.floor(random() * 1000)}`);
    await key("view", "i");
    await hover();
    await key("back", "[");
    await key("view", "1");
    await whole();
    await type(["mod", "f1", "module_7", "f99"][round % 4]);
    await click();
    await key("filter", "h");
    await back();
    await key("filter", "f");
    await hover();
    await back();
    await key("view", "s");
    await back();
    await key("view", "5");
    await hover();
    await key("view", "6");
    await key("view", "1");
    await whole();
  }
  return found;
}

const { task, chromium: path, ...args } = JSON.parse(process.argv[2]);
const browser = await chromium.launch({ executablePath: path, args: ["--no-sandbox"], headless: true });
let answer;
try {
  answer = { value: await tasks[task](browser, args), version: browser.version() };
} catch (error) {
  answer = { error: error.stack ?? String(error) };
}
console.log(JSON.stringify(answer));
await Promise.race([browser.close(), new Promise((done) => setTimeout(done, 5000))]);
process.exit();
