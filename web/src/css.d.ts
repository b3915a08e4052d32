// SPDX-License-Identifier: Apache-2.0
// css.d.ts - style sheets that main.ts imports: esbuild joins them into page.css.
declare module "*.css";
