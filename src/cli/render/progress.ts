import type { Clock } from "../../base/clock.ts";
import { formatDuration } from "../../base/duration.ts";
import type { Instant } from "../../base/instant.ts";
import { count, counted, size } from "./figures.ts";
import type { Screen } from "./screen.ts";

/** How far a long run has come. */
export interface ProgressState {
  /** What it does now: `backing up`, `hashing`. */
  readonly stage: string;
  readonly done: number;
  /** Null while it is not known yet. */
  readonly total: number | null;
  readonly unit: "bytes" | "objects" | "files";
  /** The file or object at hand. */
  readonly current?: string | undefined;
  /** Requests to the store so far, and how many of them were sent again; shown where they are given. */
  readonly requests?: number | undefined;
  readonly retries?: number | undefined;
}

/** Shows a long run: a live bar on a terminal, a line now and then in a log, `progress` lines with --json. */
export interface Progress {
  show(state: ProgressState): void;
  /** Takes the live line away; a run of stages leaves the line of its last one. */
  end(): void;
}

const terminalInterval = 100;
const jsonInterval = 1000;
const logInterval = 10_000;

interface ProgressOptions {
  /** Milliseconds between two lines of a log. */
  readonly logEvery?: number;
  /** Whether a stage that ended leaves a line: what it did, and in what time. */
  readonly leavesStages?: boolean;
}

/**
 * Never shows more often than ten times a second on a terminal, once a second in JSON, and in a log every ten seconds or
 * every `logEvery` milliseconds.
 */
export function openProgress(
  screen: Screen,
  clock: Clock,
  { logEvery = logInterval, leavesStages = false }: ProgressOptions = {},
): Progress {
  const interval = { terminal: terminalInterval, json: jsonInterval, plain: logEvery }[screen.mode];
  let began: { readonly at: Instant; readonly done: number } | null = null;
  let seen: ProgressState | null = null;
  let last: Instant | null = null;
  const leave = (): void => {
    if (!leavesStages || began === null || seen === null || seen.done === 0 || screen.mode === "json") return;
    const { stage, done, unit } = seen;
    const amount = unit === "bytes" ? size(done) : counted(done, unit.slice(0, -1));
    screen.note(joined([`  ${stage}`, amount, formatDuration(clock.now() - began.at)]));
  };
  return {
    show: (state) => {
      const now = clock.now();
      const isNew = state.stage !== seen?.stage;
      if (isNew) leave();
      seen = state;
      if (began === null || isNew) {
        began = { at: now, done: state.done };
        last = screen.mode === "terminal" ? null : now;
        if (screen.mode !== "terminal") return;
      }
      if (last !== null && now - last < interval) return;
      last = now;
      const start = { done: began.done, elapsed: now - began.at };
      const text = progressText(state, start, screen.mode === "terminal" ? screen.width - 1 : null);
      if (screen.mode === "terminal") screen.live(text);
      else if (screen.mode === "plain") screen.note(text);
      else screen.event({ type: "progress", ...state });
    },
    end: () => {
      screen.live(null);
      leave();
      seen = null;
    },
  };
}

/** Where a stage began; its rate is counted from there. */
export interface StageStart {
  /** What was done already. */
  readonly done: number;
  /** Milliseconds since. */
  readonly elapsed: number;
}

const gap = "  ";
const [leastBar, widestBar] = [4, 20];
const [leastCurrent, wantedCurrent] = [8, 24];

/**
 * `backing up  ████░░░░  1.2 GiB of 2.4 GiB  31.0 MiB/s  40s left  /home/x` in `width` columns. Where they are few the
 * bar shrinks; then whole parts go: the current file, the rate, the bar, the stage. Amount and time left stay. A width
 * of null is a log's: no bar, and every other part whole.
 */
export function progressText(state: ProgressState, start: StageStart, width: number | null): string {
  const stage = `  ${state.stage}`;
  const { amount, rate, left } = figuresOf(state, start);
  const current = state.current?.replace(/\p{Cc}/gu, "?") ?? costOf(state);
  if (width === null) return joined([stage, amount.trimStart(), rate, left, current]);
  const share = state.total === null || state.total === 0 ? null : Math.min(1, state.done / state.total);
  for (const shown of [
    { rate, current, share },
    { rate, current: null, share },
    { rate: null, current: null, share },
    { rate: null, current: null, share: null },
  ]) {
    const room = width - joined([stage, amount, shown.rate, left]).length;
    const needed = [shown.current?.slice(0, leastCurrent), shown.share === null ? null : " ".repeat(leastBar)];
    if (room < joined(["", ...needed]).length) continue;
    const forCurrent = shown.current === null ? 0 : gap.length + wantedCurrent;
    const columns = Math.max(leastBar, Math.min(widestBar, room - gap.length - forCurrent));
    const bar = shown.share === null ? null : barOf(shown.share, columns);
    const roomLeft = room - joined(["", bar]).length - gap.length;
    return joined([stage, bar, amount, shown.rate, left, endOf(shown.current, roomLeft)]);
  }
  return `${gap}${joined([amount, left])}`;
}

function figuresOf({ done, total, unit }: ProgressState, start: StageStart) {
  const amount = unit === "bytes" ? size : count;
  const rate = start.elapsed > 0 ? Math.max(0, ((done - start.done) / start.elapsed) * 1000) : 0;
  const whole = total === null ? null : amount(total);
  const shownRate = unit === "bytes" ? size(Math.round(rate)) : rate < 9.95 ? rate.toFixed(1) : count(Math.round(rate));
  return {
    amount: whole === null ? amount(done) : `${amount(done).padStart(whole.length)} of ${whole}`,
    rate: rate === 0 ? null : `${shownRate}/s`,
    left: rate === 0 || total === null ? null : `${formatDuration((Math.max(0, total - done) / rate) * 1000)} left`,
  };
}

/** Stands where another run names the file at hand. */
function costOf({ requests, retries = 0 }: ProgressState): string | null {
  const parts = [
    ...(requests === undefined ? [] : [counted(requests, "request")]),
    ...(retries === 0 ? [] : [counted(retries, "retry", "retries")]),
  ];
  return parts.length === 0 ? null : parts.join(", ");
}

function joined(parts: readonly (string | null | undefined)[]): string {
  return parts.filter((part) => part !== null && part !== undefined).join(gap);
}

function barOf(share: number, columns: number): string {
  const filled = Math.floor(share * columns);
  return `${"█".repeat(filled)}${"░".repeat(columns - filled)}`;
}

/** A path's end tells more than its beginning, which all of them share. */
function endOf(text: string | null, columns: number): string | null {
  return text === null || text.length <= columns ? text : `…${text.slice(1 - columns)}`;
}
