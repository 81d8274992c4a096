import type { ResticEvent } from "../../restic/events.ts";
import type { Progress } from "./progress.ts";
import type { Screen } from "./screen.ts";

/** Shows restic's status as progress, its warnings and its waits for the store as notes. */
export function showResticEvents(progress: Progress, screen: Screen, stage: string): (event: ResticEvent) => void {
  return (event) => {
    if (event.kind === "status") {
      const total = event.totalBytes > 0 ? event.totalBytes : null;
      progress.show({ stage, done: event.bytes, total, unit: "bytes", current: event.current ?? undefined });
    }
    if (event.kind === "error") screen.note(`  ${event.item ?? ""}: ${event.message}`);
    if (event.kind === "text" && /returned error, retrying after/.test(event.text)) screen.note(`  ${event.text}`);
  };
}
