import type { Clock } from "../../base/clock.ts";
import { formatDuration } from "../../base/duration.ts";
import type { Instant } from "../../base/instant.ts";
import { count, size } from "./figures.ts";
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
}

/** Shows a long run: a live bar on a terminal, a line now and then in a log, `progress` lines with --json. */
export interface Progress {
  show(state: ProgressState): void;
  /** Takes the live line away. */
  end(): void;
}

const terminalInterval = 100;
const jsonInterval = 1000;
const logInterval = 10_000;

/** Never shows more often than ten times a second on a terminal, once a second in JSON, every ten seconds in a log. */
export function openProgress(screen: Screen, clock: Clock): Progress {
  const interval = { terminal: terminalInterval, json: jsonInterval, plain: logInterval }[screen.mode];
  let began: Instant | null = null;
  let stage = "";
  let last: Instant | null = null;
  return {
    show: (state) => {
      const now = clock.now();
      if (began === null || state.stage !== stage) {
        began = now;
        stage = state.stage;
        last = screen.mode === "terminal" ? null : now;
        if (screen.mode !== "terminal") return;
      }
      if (last !== null && now - last < interval) return;
      last = now;
      const text = progressText(state, now - began, screen.mode === "terminal" ? 20 : 0);
      if (screen.mode === "terminal") screen.live(text);
      else if (screen.mode === "plain") screen.note(text);
      else screen.event({ type: "progress", ...state });
    },
    end: () => screen.live(null),
  };
}

/** `backing up  ████░░░░  1.2 GiB of 2.4 GiB  31.0 MiB/s  40s left  /home/x`; without the bar where `barWidth` is 0. */
export function progressText(state: ProgressState, elapsed: number, barWidth: number): string {
  const { done, total, unit } = state;
  const amount = unit === "bytes" ? size : count;
  const rate = elapsed > 0 ? (done / elapsed) * 1000 : 0;
  const share = total === null || total === 0 ? null : Math.min(1, done / total);
  const filled = share === null ? 0 : Math.round(share * barWidth);
  const left = share === null || rate === 0 || total === null ? null : ((total - done) / rate) * 1000;
  return [
    `  ${state.stage}`,
    ...(barWidth === 0 || share === null ? [] : [`${"█".repeat(filled)}${"░".repeat(barWidth - filled)}`]),
    total === null ? amount(done) : `${amount(done)} of ${amount(total)}`,
    ...(rate === 0 ? [] : [`${unit === "bytes" ? size(Math.round(rate)) : count(Math.round(rate))}/s`]),
    ...(left === null ? [] : [`${formatDuration(left)} left`]),
    ...(state.current === undefined ? [] : [state.current]),
  ].join("  ");
}
