// SPDX-License-Identifier: Apache-2.0
// answers.ts - what the engine answers, as doc/query.md tells it: columns, one entry a
// row. Values are in the profile's unit.

export interface Names {
  functions?: {
    id: number[]; name: string[]; file: number[]; line: number[]; kind: number[];
    module: string[]; stands: number[];
  };
  files?: { id: number[]; path: string[]; place: string[] };
}

export interface Process {
  id: number; pid: number | null; parent: number | null; name: string; role: string | null;
  program: string; python: string | null; wall_ns: number | null; cpu_ns: number | null;
  exit: number | null; signal: number | null; entered: boolean; reason: string | null;
  alive: boolean; value: number;
}

export interface Thread {
  id: number; process: number; native: number; name: string; self: number;
}

export interface About {
  generation: number; title: string; files: string[]; unit: "ns" | "samples" | "bytes";
  total: number; calls: number | null; primitive_calls: number | null; functions: number;
  nodes: number; paths: "known" | "unknown" | "partly"; measured_share: number;
  metrics: string[];
  run: {
    program: string | null; pythons: string[]; started: string | null;
    wall_ns: number | null; clock: string | null;
  } | null;
  processes: Process[]; processes_total?: number;
  threads: Thread[]; threads_total?: number;
  quality: {
    exact: boolean; sampled: boolean; truncated: boolean; lost_events: number;
    probe_ns: number | null;
    lost_ns: number; folded_calls: number; more_functions: number; cut_names: number;
    notes: string[];
  };
  source: { shown: boolean; why: string | null };
  views: Record<string, string | null>;
  live: boolean; formats: { read: number }; version: string;
}

/** Types of boxes and of steps of a path. */
export const WHOLE = 0, PROCESS = 1, THREAD = 2, FUNCTION = 3, PATHLESS = 4, MORE = 5,
  UNKEPT = 6;

export interface Boxes extends Names {
  total: number; root: string; cut: boolean; omitted: number;
  ancestors: {
    type: number[]; id: number[]; value: number[];
    low: number[] | null; high: number[] | null;
  };
  row: number[]; x0: number[]; x1: number[]; parent: number[]; type: number[];
  id: number[]; value: number[]; self: number[]; calls: number[];
  low: number[] | null; high: number[] | null; guessed: number[] | null;
  node: number[]; merged: number[];
}

export interface Path extends Names {
  path: string; total: number;
  steps: {
    type: number[]; id: number[]; value: number[]; self: number[]; calls: number[];
    low: number[] | null; high: number[] | null;
  };
  siblings: { count: number; place: number; next: string | null; previous: string | null };
  first_child: string | null;
  same: { count: number; place: number; next: string | null; previous: string | null } | null;
}

export interface Rows extends Names {
  by: string; total_rows: number; matches: number; from: number; total: number;
  matches_self: number; matches_share: number;
  largest: { self: number; cumulative: number; calls: number };
  id: number[]; ids?: number[]; calls: number[]; primitive_calls: number[];
  self: number[]; cumulative: number[]; low: number[] | null; high: number[] | null;
  key: string[] | null; from_id?: number[]; from_calls?: number[];
}

export interface Links {
  id: number[]; calls: number[]; primitive_calls: (number | null)[];
  self: (number | null)[]; cumulative: (number | null)[]; timed: boolean[];
}

export interface Function extends Names {
  id: number; total: number; calls: number; primitive_calls: number; self: number;
  cumulative: number; rank: { self: number; cumulative: number }; of: number;
  paths: number | null; threads: number; processes: number; recursive: boolean;
  callers_total: number; callers: Links; callees_total: number; callees: Links;
  standard: string; qualname: string; name: string; class: string | null;
  largest_path: string | null; probe_self: number | null;
}

export interface Search {
  matches: number; self: number; cumulative: number; low: number; high: number;
  share: number; id: number[];
}

export interface Sandwich extends Names {
  function: number; total: number; value: number; self: number; calls: number;
  callers: Boxes; callees: Boxes;
}

export interface Graph extends Names {
  total: number; node_share: number; edge_share: number; left_out: number;
  nodes: {
    id: number[]; self: number[]; cumulative: number[]; calls: number[]; cycle: number[];
  };
  edges: {
    from: number[]; to: number[]; calls: number[]; value: (number | null)[];
    timed: boolean[]; via: number[];
  };
}

export interface TreeMap extends Names {
  total: number; root: string; x: number[]; y: number[]; w: number[]; h: number[];
  level: number[]; parent: number[]; key: (string | null)[]; id: number[];
  value: number[]; merged: number[]; root_names: string[];
}

export interface Source extends Names {
  file: number; path: string; place: string; self: number; total: number;
  functions_at: {
    id: number[]; line: number[]; self: number[]; cumulative: number[]; calls: number[];
  };
  lines: { line: number[]; hits: number[]; self: number[] };
  text: string[] | null; why: string | null;
}

export interface SourceFiles extends Names {
  total?: number;
  by_file: { file: number[]; self: number[]; functions: number[] };
}

interface Side {
  title: string; runs: number; total: number;
}

export interface Diff extends Names {
  before: Side; after: Side; ratio: number | null; verdict: string; sentence: string;
  proven_below: number | null; matches: number; change: string[]; id: number[];
  before_value: number[]; after_value: number[]; before_self: number[];
  after_self: number[]; ci_low: (number | null)[] | null; ci_high: (number | null)[] | null;
  verdicts: (string | null)[];
}
