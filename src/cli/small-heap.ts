import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

/** Bytes of the space for new objects; left alone, it grows to eight times as much before it is tidied up. */
const enough = 16 * 1024 * 1024;
const interval = 5;

/**
 * Keeps the heap small for the rest of the process, in a run through millions of rows that lets go of each soon: V8 would
 * let 100 MiB and more of what is no longer needed stand about. Costs a tenth more time, most of it on another core.
 */
export function keepHeapSmall(): void {
  setFlagsFromString("--heap-growing-percent=20");
  const timer = setInterval(() => {
    const space = getHeapSpaceStatistics().find(({ space_name: name }) => name === "new_space");
    if (space !== undefined && space.space_size < enough) return;
    setFlagsFromString("--semi-space-growth-factor=1");
    clearInterval(timer);
  }, interval);
  timer.unref();
}
