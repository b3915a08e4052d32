// SPDX-License-Identifier: Apache-2.0
// callgraph.ts - functions and who calls whom, laid out from the top down by dagre.

import { Graph as Digraph, layout } from "@dagrejs/dagre";
import { FUNCTION, type Graph } from "../answers.ts";
import { amount, share, short, type Unit } from "../figures.ts";
import type { NameBook } from "../names.ts";
import { fillOf, ink, textOf } from "./ink.ts";
import { rectangle, type Pen } from "./pen.ts";
import type { Mark, Scene } from "./scene.ts";
import { cut, fit, widthOf } from "./text.ts";

const NODE_HEIGHT = 48, MOST_NODE = 210, MARGIN = 12;

interface Point {
  x: number; y: number;
}

interface Edge {
  from: number; to: number; d: string; head: string; label: string; x: number; y: number;
  width: number; via: number;
}

/** By answer: dagre takes longer than all the rest, and a search moves nothing. */
const layouts = new WeakMap<Graph, Digraph>();

export class GraphScene implements Scene {
  readonly marks: Mark[] = [];
  width: number;
  readonly height: number;
  readonly whole: number;
  /** As wide as it is laid out; `width` may be more. */
  readonly natural: number;
  private shift = 0;
  private readonly left: number[] = [];
  private edges: Edge[] = [];
  private readonly laid: { i: number; from: number; to: number; points: Point[] }[] = [];

  constructor(
    private readonly answer: Graph, private readonly names: NameBook, readonly unit: Unit,
    private readonly found: Set<number> | null,
  ) {
    this.whole = answer.total;
    const graph = layouts.get(answer) ?? this.layOut();
    layouts.set(answer, graph);
    const size = graph.graph() as { width?: number; height?: number };
    this.width = this.natural = size.width ?? 1;
    this.height = size.height ?? 1;
    this.place(graph);
  }

  private layOut(): Digraph {
    const { answer, names } = this;
    const graph = new Digraph({ multigraph: true });
    graph.setGraph({ rankdir: "TB", nodesep: 18, ranksep: 46, edgesep: 12,
      marginx: MARGIN, marginy: MARGIN });
    graph.setDefaultEdgeLabel(() => ({}));
    answer.nodes.id.forEach((id, i) => {
      const f = names.of(id);
      const words = this.figures(i);
      const width = Math.min(MOST_NODE, Math.max(90, widthOf(f.name, 12, 600),
        widthOf(words, 11)) + 20);
      graph.setNode(String(i), { width, height: NODE_HEIGHT });
    });
    answer.edges.from.forEach((from, i) => {
      const to = answer.edges.to[i]!;
      const weight = 1 + Math.round(8 * ((answer.edges.value[i] ?? 0) / (answer.total || 1)));
      if (from !== to) graph.setEdge(String(from), String(to), { weight }, String(i));
    });
    layout(graph);
    return graph;
  }

  /** In the middle of a place that is wider. */
  centre(room: number): void {
    this.width = Math.max(room, this.natural);
    this.shift = (this.width - this.natural) / 2;
    this.marks.forEach((mark, i) => {
      mark.x = this.left[i]! + this.shift;
    });
    this.edges = this.laid.map(({ i, from, to, points }) => this.edge(i, from, to,
      points.map(({ x, y }) => ({ x: x + this.shift, y }))));
  }

  private figures(i: number): string {
    const { nodes } = this.answer;
    const cycle = nodes.cycle[i]!;
    return `${amount(nodes.cumulative[i]!, this.unit)}, self ` +
      amount(nodes.self[i]!, this.unit) + (cycle >= 0 ? `, cycle ${cycle + 1}` : "");
  }

  private place(graph: Digraph): void {
    const { nodes, edges } = this.answer;
    nodes.id.forEach((id, i) => {
      const f = this.names.of(id);
      const at = graph.node(String(i)) as { x: number; y: number; width: number };
      this.marks.push({
        index: i, parent: -1, level: 1, fn: id, type: FUNCTION, kind: f.kind,
        shade: f.shade, name: f.name, value: nodes.cumulative[i]!, self: nodes.self[i]!,
        calls: nodes.calls[i]!, low: null, high: null, merged: 0,
        x: at.x - at.width / 2, y: at.y - NODE_HEIGHT / 2, w: at.width,
        h: NODE_HEIGHT,
      });
      this.left.push(at.x - at.width / 2);
    });
    edges.from.forEach((from, i) => {
      const to = edges.to[i]!;
      if (from === to) return;
      const laid = graph.edge({ v: String(from), w: String(to), name: String(i) }) as
        { points: Point[] };
      this.laid.push({ i, from, to, points: laid.points });
    });
  }

  private edge(i: number, from: number, to: number, points: Point[]): Edge {
    const { edges } = this.answer;
    const value = edges.value[i] ?? 0, via = edges.via[i]!;
    const width = 1 + 5 * Math.sqrt(value / (this.whole || 1));
    const end = points[points.length - 1]!, before = points[points.length - 2]!;
    const long = Math.hypot(end.x - before.x, end.y - before.y) || 1;
    const ux = (end.x - before.x) / long, uy = (end.y - before.y) / long;
    const size = 6 + width, bx = end.x - ux * size, by = end.y - uy * size;
    const head = `M${end.x} ${end.y}L${bx - uy * size * 0.5} ${by + ux * size * 0.5}` +
      `L${bx + uy * size * 0.5} ${by - ux * size * 0.5}Z`;
    points[points.length - 1] = { x: bx, y: by };
    const middle = points[Math.floor(points.length / 2)]!;
    const label = via > 0 ? `via ${via}` : `${short(edges.calls[i]!)} ×`;
    return { from, to, d: smooth(points), head, label, x: middle.x, y: middle.y, width, via };
  }

  at(x: number, y: number): Mark | null {
    return this.marks.find((mark) => x >= mark.x && x < mark.x + mark.w && y >= mark.y
      && y < mark.y + mark.h) ?? null;
  }

  outline(mark: Mark): string {
    return rectangle(mark.x, mark.y, mark.w, mark.h);
  }

  pathOf(): null {
    return null;
  }

  /** Down to the callee of most time, up to such a caller, sideways along a row. */
  step(mark: Mark, key: string): Mark | undefined {
    const best = (list: Edge[], end: "from" | "to") => {
      const most = list.reduce<Edge | null>((a, b) => (a && a.width >= b.width ? a : b), null);
      return most ? this.marks[most[end]] : mark;
    };
    if (key === "ArrowDown") return best(this.edges.filter((e) => e.from === mark.index), "to");
    if (key === "ArrowUp") return best(this.edges.filter((e) => e.to === mark.index), "from");
    if (key !== "ArrowLeft" && key !== "ArrowRight") return undefined;
    const row = this.marks.filter((one) => Math.abs(one.y - mark.y) < 2)
      .sort((a, b) => a.x - b.x);
    return row[row.indexOf(mark) + (key === "ArrowRight" ? 1 : -1)] ?? mark;
  }

  paint(pen: Pen): void {
    for (const edge of this.edges) this.paintEdge(pen, edge, ink("edge"), ink("ink2"));
    for (const mark of this.marks) this.paintNode(pen, mark);
  }

  /** The edges of what is selected, above all others. */
  paintEdgesOf(pen: Pen, fn: number): void {
    const at = this.marks.find((mark) => mark.fn === fn)?.index;
    for (const edge of this.edges) {
      if (edge.from !== at && edge.to !== at) continue;
      this.paintEdge(pen, edge, ink("ink2"), ink("ink"));
    }
  }

  private paintEdge(pen: Pen, edge: Edge, colour: string, words: string): void {
    const { width, via, d, head, label } = edge;
    pen.shape(d, null, via > 0 ? { colour, width, dash: [5, 4] } : { colour, width });
    pen.shape(head, colour);
    const wide = widthOf(label, 11) + 6;
    pen.box(edge.x - wide / 2, edge.y - 7, wide, 14, ink("bg"));
    pen.text(edge.x, edge.y, label, { colour: words, size: 11, align: "center" });
  }

  private paintNode(pen: Pen, mark: Mark): void {
    const hit = this.found?.has(mark.fn) ?? false;
    const dimmed = this.found !== null && !hit;
    pen.box(mark.x, mark.y, mark.w, mark.h, hit ? ink("match") : dimmed ? ink("hover")
      : fillOf(mark.kind, mark.shade));
    const colour = hit ? ink("match-text") : dimmed ? ink("ink2") : textOf(mark.kind);
    pen.text(mark.x + 10, mark.y + 15, fit(mark.name, mark.w - 20, 12, 600),
      { colour, weight: 600 });
    const words = cut(this.figures(mark.index), mark.w - 20, 11);
    pen.text(mark.x + 10, mark.y + 31, words, { colour, size: 11 });
    const part = share(mark.value, this.whole);
    const free = mark.w - 24 - widthOf(words, 11) - widthOf(part, 11);
    if (free > 6) {
      pen.text(mark.x + mark.w - 10, mark.y + 31, part, { colour, size: 11,
        align: "right" });
    }
    this.paintShares(pen, mark, colour);
  }

  /** Below the words: how much of the whole it is, and in it what is its own. */
  private paintShares(pen: Pen, mark: Mark, colour: string): void {
    const room = mark.w - 20, part = (value: number | null) =>
      Math.max(0, Math.min(1, (value ?? 0) / (this.whole || 1))) * room;
    const y = mark.y + NODE_HEIGHT - 6;
    pen.box(mark.x + 10, y, room, 1, colour);
    pen.box(mark.x + 10, y - 1, Math.max(1, part(mark.value)), 3, colour);
    if (part(mark.self) >= 1) pen.box(mark.x + 10, y - 1, part(mark.self), 3, ink("heat"));
  }
}

/** A curve through points: straight ends, quadratic bends between. */
function smooth(points: Point[]): string {
  const [first, ...rest] = points;
  let d = `M${first!.x} ${first!.y}`;
  rest.forEach((point, i) => {
    const next = rest[i + 1];
    if (!next) d += `L${point.x} ${point.y}`;
    else d += `Q${point.x} ${point.y} ${(point.x + next.x) / 2} ${(point.y + next.y) / 2}`;
  });
  return d;
}
