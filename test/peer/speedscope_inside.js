// SPDX-License-Identifier: Apache-2.0
// speedscope's own importer, out of the bundle that npm has, without its page: prints for each file what it
// makes of it, as JSON: a list of profiles, each with its frames and their own and total weights.
//     node speedscope_inside.js BUNDLE FILE...
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const vm = require("node:vm");

// The bundle defines the exports of each of its parts as it begins: these are the importer's.
let importer = null;
const quiet = { log() {}, warn() {}, error() {} };
const world = { console: quiet, TextDecoder, TextEncoder, performance, setTimeout, clearTimeout, atob, btoa };
world.window = world.self = world;
world.location = { hash: "", protocol: "file:" };
world.matchMedia = () => ({ matches: false, addEventListener() {}, addListener() {} });
vm.createContext(world);
world.seen = (object, key) => {
  if (key === "importProfilesFromArrayBuffer") importer = object;
};
vm.runInContext(`{ const old = Object.defineProperty;
  Object.defineProperty = (o, k, d) => { seen(o, k); return old(o, k, d); }; }`, world);
try {
  vm.runInContext(fs.readFileSync(process.argv[2], "utf8"), world, { filename: "speedscope.js" });
} catch (error) {
  if (!String(error).includes("document is not defined")) throw error; // the page comes last: there is none here
}

async function read(file) {
  const bytes = fs.readFileSync(file);
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  const group = await importer.importProfilesFromArrayBuffer(path.basename(file), buffer);
  if (!group) return null;
  return group.profiles.map((profile) => {
    const frames = [];
    profile.forEachFrame((f) =>
      frames.push({ name: f.name, file: f.file ?? null, line: f.line ?? null, self: f.getSelfWeight(), total: f.getTotalWeight() }));
    return { name: profile.getName(), total: profile.getTotalWeight(), unit: profile.getWeightUnit(), frames };
  });
}

(async () => {
  await new Promise(setImmediate); // the importer is put together once the bundle has run
  const answers = {};
  for (const file of process.argv.slice(3)) answers[file] = await read(file);
  process.stdout.write(JSON.stringify(answers));
})();
