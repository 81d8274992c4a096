import { createServer } from "node:net";
import { randomInt } from "node:crypto";

/** Below the range that systems hand out to outgoing connections. */
const lowest = 20_000;
const highest = 31_000;

/** The first of `count` neighbouring ports that are free on 127.0.0.1 at this moment. */
export async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = randomInt(lowest, highest - count);
    const free = await Promise.all(Array.from({ length: count }, (_, index) => isFree(first + index)));
    if (free.every(Boolean)) return first;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
