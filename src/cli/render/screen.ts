import { styleText } from "node:util";

/** A JSON line of `--json`; contract.md fixes the field names. */
export interface Event {
  readonly type: string;
  readonly [field: string]: unknown;
}

export type Emphasis = "good" | "warning" | "bad" | "strong" | "faint";

/** Where a command's words go: one of terminal, plain text or JSON lines. */
export interface Screen {
  readonly mode: "terminal" | "plain" | "json";
  /** Columns that text may fill. */
  readonly width: number;
  /** Results and failures only: no progress, no notes. */
  readonly isQuiet: boolean;
  /** A line for people on stdout. Nothing with --json. */
  line(text?: string): void;
  /** A line for people on stderr: warnings and progress of a log. Nothing with --quiet. */
  note(text: string): void;
  /** A JSON line on stdout. Nothing without --json. */
  event(event: Event): void;
  /** Replaces the live line at the foot of a terminal; null takes it away. Elsewhere nothing. */
  live(text: string | null): void;
  style(emphasis: Emphasis, text: string): string;
}

/** The part of a stream that a screen needs. */
export interface Output {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export interface ScreenOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  /** Whether colour may be used at all: false with NO_COLOR or TERM=dumb. */
  readonly color: boolean;
  readonly stdout: Output;
  readonly stderr: Output;
}

const formats = { good: "green", warning: "yellow", bad: "red", strong: "bold", faint: "dim" } as const;

export function openScreen(options: ScreenOptions): Screen {
  const { stdout, stderr } = options;
  const interactive = stdout.isTTY === true && stderr.isTTY === true;
  const mode = options.json ? "json" : interactive ? "terminal" : "plain";
  const width = Math.max(20, stdout.columns ?? 80);
  let liveText: string | null = null;

  const wipe = (): void => {
    if (liveText !== null) stderr.write("\r\u001b[K");
  };
  const redraw = (): void => {
    if (liveText !== null) stderr.write(liveText);
  };
  const print = (stream: Output, text: string): void => {
    wipe();
    stream.write(`${text}\n`);
    redraw();
  };
  return {
    mode,
    width,
    isQuiet: options.quiet,
    line: (text = "") => {
      if (mode !== "json") print(stdout, text);
    },
    note: (text) => {
      if (!options.quiet) print(stderr, text);
    },
    event: (event) => {
      if (mode === "json") stdout.write(`${JSON.stringify(event)}\n`);
    },
    live: (text) => {
      if (mode !== "terminal" || options.quiet) return;
      wipe();
      liveText = text === null ? null : cut(text, width - 1);
      redraw();
    },
    style: (emphasis, text) =>
      options.color && mode === "terminal" ? styleText(formats[emphasis], text, { validateStream: false }) : text,
  };
}

/** `text` in at most `width` columns, an ellipsis at the end of what was longer. */
export function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}
