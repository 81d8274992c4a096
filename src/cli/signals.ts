import { Failure } from "../base/failure.ts";
import type { Screen } from "./render/screen.ts";

const caught = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Turns Ctrl-C, a termination and a hang-up into an aborted signal, once; what runs then stops in its own safe way. A
 * second Ctrl-C ends the process at once with 130.
 */
export function catchSignals(screen: Screen, command: string): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(130);
    screen.note("Stopping safely; press Ctrl-C again to stop at once.");
    controller.abort(
      new Failure({
        kind: "interrupted",
        action: "finish",
        subject: `holdfast ${command}`,
        problem: `it was stopped by ${name}`,
        hint: "run the same command again",
      }),
    );
  };
  for (const name of caught) process.on(name, onSignal);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of caught) process.off(name, onSignal);
    },
  };
}
