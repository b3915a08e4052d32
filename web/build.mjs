// SPDX-License-Identifier: Apache-2.0
// build.mjs - web/src to web/built/page.{html,js,css}: what `sonde view` serves as three
// files and `sonde view --html` inlines into one. With --watch it builds at each change.
import { build, context } from "esbuild";
import { copyFile, mkdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
// What is bundled keeps its licence, in the script itself.
const licence = await readFile(here("node_modules/@dagrejs/dagre/LICENSE"), "utf8");
const options = {
  entryPoints: { page: here("src/main.ts") },
  outdir: here("built"),
  bundle: true,
  minify: true,
  format: "iife",
  target: ["es2022"],
  charset: "ascii",
  legalComments: "none",
  footer: { js: `/* dagre and graphlib:\n${licence.trim()}\n*/` },
  logLevel: "warning",
};

await mkdir(here("built"), { recursive: true });
await copyFile(here("src/page.html"), here("built/page.html"));
if (process.argv.includes("--watch")) {
  await (await context(options)).watch();
} else {
  await build(options);
}
