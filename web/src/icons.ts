// SPDX-License-Identifier: Apache-2.0
// icons.ts - the page's pictograms, drawn on 16 x 16.

import { svg } from "./dom.ts";

const FILLED: Record<string, string> = {
  icicle: "M1 2h14v3H1zM1 6.5h8v3H1zM10.5 6.5H15v3h-4.5zM1 11h4v3H1z",
  sunburst: "M8 5.5A2.5 2.5 0 1 1 8 10.5 2.5 2.5 0 1 1 8 5.5zM8.8 1A7 7 0 0 1 15 7.2h-3.1" +
    "A4 4 0 0 0 8.8 4.1zM7.2 15A7 7 0 0 1 1 8.8h3.1a4 4 0 0 0 3.1 3.1z",
  flame: "M1 11h14v3H1zM3 6.5h10v3H3zM6 2h4v3H6z",
  inverted: "M1 2h14v3H1zM3 6.5h10v3H3zM6 11h4v3H6z",
  table: "M1 2.5h14v1.8H1zM1 6h14v1.5H1zM1 9.2h14v1.5H1zM1 12.4h14v1.5H1z",
  sandwich: "M3.5 2h9v2.6h-9zM1 6.4h14v3.2H1zM4.5 11.4h7V14h-7z",
  map: "M1 2h8v12H1zM10.5 2H15v5h-4.5zM10.5 8.5H15V14h-4.5z",
  graph: "M5.5 1.5h5v4h-5zM1 10.5h5v4H1zM10 10.5h5v4h-5zM7.4 5.5h1.2v2.2h3.9v2.8h-1.2V8.9" +
    "H4.7v1.6H3.500V7.700h3.900z",
  source: "M1 2.500h4v1.500H1zM6.500 2.500H15v1.500H6.500zM1 6h4v1.500H1zM6.500 6h6v1.500h-6z" +
    "M1 9.500h4V11H1zM6.500 9.500H14V11H6.500zM1 13h4v1.500H1zM6.500 13h5v1.500h-5z",
  diff: "M3.800 1.500h1.600v2.700h2.700v1.600H5.400v2.700H3.800V5.800H1.100V4.200h2.700zM8.500 11.500" +
    "H15v1.600H8.500zM10.800 2.200l1.200 1-7 10.600-1.300-.9z",
  processes: "M1 2h6v5H1zM9 2h6v5H9zM1 9h6v5H1zM9 9h6v5H9z",
  memory: "M2 4h12v8H2zM4 1.500h1.500V4H4zM7.200 1.500h1.500V4H7.200zM10.500 1.500H12V4h-1.500z" +
    "M4 12h1.500v2.500H4zM7.200 12h1.500v2.500H7.200zM10.500 12H12v2.500h-1.500z",
  more: "M2 6.800h2.600v2.600H2zM6.700 6.800h2.600v2.600H6.700zM11.400 6.800H14v2.600h-2.600z",
};

const DRAWN: Record<string, string> = {
  find: "M7 2.500a4.500 4.500 0 1 1 0 9 4.500 4.500 0 1 1 0-9zM10.500 10.500L14 14",
  theme: "M8 2a6 6 0 1 1 0 12A6 6 0 1 1 8 2z",
  down: "M4 6l4 4 4-4",
  up: "M4 10l4-4 4 4",
  close: "M4 4l8 8M12 4l-8 8",
};

export function icon(name: string, size = 16): SVGSVGElement {
  const box = { width: size, height: size, viewBox: "0 0 16 16", "aria-hidden": "true" };
  const filled = FILLED[name];
  if (filled) {
    return svg("svg", box, svg("path", { d: filled, fill: "currentColor",
      "fill-rule": "evenodd" }));
  }
  const drawn = svg("svg", box, svg("path", {
    d: DRAWN[name] ?? "", fill: "none", stroke: "currentColor", "stroke-width": 1.5,
    "stroke-linecap": "round", "stroke-linejoin": "round",
  }));
  if (name === "theme") {
    drawn.append(svg("path", { d: "M8 2a6 6 0 0 1 0 12z", fill: "currentColor" }));
  }
  return drawn;
}

/** The mark: layers, and the probe that goes through them. */
export function logo(): SVGSVGElement {
  const bar = (x: number, y: number, width: number, fill: string) =>
    svg("rect", { x, y, width, height: 4, rx: 1, class: fill });
  return svg("svg", { width: 20, height: 20, viewBox: "0 0 20 20", "aria-hidden": "true",
    class: "mark" }, bar(1, 2, 18, "a"), bar(5, 7.500, 10, "b"),
    svg("rect", { x: 9, y: 13, width: 2, height: 6, rx: 1, class: "c" }));
}
