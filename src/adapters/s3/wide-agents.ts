import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";

/** Bytes that a connection reads at once: four times what Node does by itself. */
const atOnce = 256 * 1024;

/**
 * What all connections read into, one after the other: the parser of replies copies out what it passes on before another
 * read begins. By itself Node makes a buffer for each read, beside that copy, and to collect them is a quarter of what a
 * proof by hash costs.
 */
const buffer = Buffer.allocUnsafeSlow(atOnce);

type Connect = HttpAgent["createConnection"];

function readingWide(connect: Connect): Connect {
  return (options, callback) => {
    const onread = {
      buffer,
      callback: (length: number): boolean => {
        // Past the queue of the stream, which would keep bytes that the next read writes over.
        socket?.emit("data", buffer.subarray(0, length));
        return true;
      },
    };
    const wide: typeof options & { readonly onread: typeof onread } = { ...options, onread };
    const socket = connect(wide, callback);
    return socket;
  };
}

/** Agents whose connections read much at once; otherwise as Node's. */
export class WideHttpAgent extends HttpAgent {
  override createConnection: Connect = readingWide((...words) => super.createConnection(...words));
}

export class WideHttpsAgent extends HttpsAgent {
  override createConnection: Connect = readingWide((...words) => super.createConnection(...words));
}
