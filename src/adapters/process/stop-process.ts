import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";

interface Stopping {
  readonly signal: AbortSignal | undefined;
  /** Between SIGINT and SIGKILL, in milliseconds. */
  readonly patience: number;
}

/**
 * Stops a restic that leads a process group of its own: SIGINT once, which every release answers by removing its lock,
 * and SIGKILL when time is up, both to the whole group. Gives what ends the watch; to be called when the pipes are
 * closed and not before, for what restic started may outlive it and hold them.
 */
export function stopGroup({ pid }: ChildProcess, stopping: Stopping): () => void {
  const send = (name: NodeJS.Signals): void => {
    if (pid === undefined) return;
    try {
      process.kill(-pid, name);
    } catch {
      // The group ended between the look and the signal; there is nobody left to stop.
    }
  };
  return onAbort(stopping, { ask: () => send("SIGINT"), force: () => send("SIGKILL") });
}

/**
 * Stops a restic that shares our process group, and only restic. A Ctrl-C typed at the terminal went to the whole
 * foreground group, restic included, and is left to it. Whatever else stopped us (SIGTERM, a timer, `kill -INT` under
 * cron or systemd) came to us alone and is passed on, as one SIGINT. Gives what ends the watch.
 */
export function stopSharer(child: ChildProcess, stopping: Stopping): () => void {
  if (stopping.signal === undefined) return () => undefined;
  let isTyped = false;
  const onInterrupt = (): void => {
    isTyped = isInForeground();
  };
  process.prependListener("SIGINT", onInterrupt);
  const release = onAbort(stopping, {
    ask: () => isTyped || child.kill("SIGINT"),
    force: () => isTyped || child.kill("SIGKILL"),
  });
  return () => {
    release();
    process.off("SIGINT", onInterrupt);
  };
}

interface Blows {
  readonly ask: () => unknown;
  readonly force: () => unknown;
}

function onAbort({ signal, patience }: Stopping, { ask, force }: Blows): () => void {
  let timer: NodeJS.Timeout | undefined;
  const begin = (): void => {
    ask();
    timer = setTimeout(force, patience);
  };
  signal?.addEventListener("abort", begin, { once: true });
  return () => {
    signal?.removeEventListener("abort", begin);
    clearTimeout(timer);
  };
}

/** Whether a terminal's Ctrl-C would reach our process group: see proc_pid_stat(5), fields pgrp, tty_nr and tpgid. */
function isInForeground(): boolean {
  try {
    const afterName = readFileSync("/proc/self/stat", "utf8").replace(/^.*\) /s, "");
    const [, , group, , terminal, foreground] = afterName.split(" ");
    return terminal !== "0" && group === foreground;
  } catch {
    return process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  }
}
