// SPDX-License-Identifier: Apache-2.0
// save.ts - the chart as a file: SVG, or PNG at twice its size.

import { ink } from "../chart/ink.ts";
import { CanvasPen, SvgPen } from "../chart/pen.ts";
import type { Scene } from "../chart/scene.ts";

/** Canvases beyond this are refused by browsers. */
const MOST_SIDE = 16_000;

export function svgOf(scene: Scene): string {
  const pen = new SvgPen(Math.ceil(scene.width), Math.ceil(scene.height));
  scene.paint(pen, 0, scene.height);
  return new XMLSerializer().serializeToString(pen.root);
}

export function pngOf(scene: Scene): Promise<Blob> {
  const scale = Math.min(2, MOST_SIDE / Math.max(scene.width, scene.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(scene.width * scale);
  canvas.height = Math.ceil(scene.height * scale);
  const context = canvas.getContext("2d")!;
  context.scale(scale, scale);
  context.fillStyle = ink("bg");
  context.fillRect(0, 0, scene.width, scene.height);
  scene.paint(new CanvasPen(context), 0, scene.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))));
  });
}

/** A name any file system takes. */
export function fileName(title: string, view: string, ending: string): string {
  const base = title.replace(/\.(pack\.)?sonde$/, "").replace(/[^\w.-]+/g, "-").slice(0, 80);
  return `${base || "profile"}-${view}.${ending}`;
}

export function download(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
