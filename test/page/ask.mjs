// SPDX-License-Identifier: Apache-2.0
// ask.mjs - node ask.mjs ENGINE.wasm FILE...: opens the files in the page's engine and
// answers what stdin asks, line by line, as test/unit/query_ask does natively.
import fs from "node:fs";
import path from "node:path";

const [wasm, ...files] = process.argv.slice(2);
const module = new WebAssembly.Module(fs.readFileSync(wasm));
if (WebAssembly.Module.imports(module).length > 0) throw new Error("the engine imports something");
const engine = new WebAssembly.Instance(module, {}).exports;

function put(bytes) {
  const at = engine.engine_room(bytes.length) >>> 0;
  new Uint8Array(engine.memory.buffer, at, bytes.length).set(bytes);
  return at;
}

function text() {
  const at = engine.engine_text() >>> 0;
  return Buffer.from(engine.memory.buffer, at, engine.engine_text_bytes()).toString();
}

function fail() {
  process.stdout.write(text());
  process.exit(1);
}

for (const file of files) {
  const bytes = fs.readFileSync(file);
  const data = put(bytes);
  const name = Buffer.from(path.basename(file));
  if (!engine.engine_file(put(name), name.length, data, bytes.length)) fail();
}
if (!engine.engine_open()) fail();
for (const line of fs.readFileSync(0, "utf8").split("\n").slice(0, -1)) {
  const query = Buffer.from(line);
  engine.engine_query(put(query), query.length);
  process.stdout.write(text());
}
