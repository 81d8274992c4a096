import { Readable } from "node:stream";

/**
 * Sends bytes as they come. The SDK pipes a body into its request and a pipe keeps errors to itself, so without this a
 * source that breaks would leave the request waiting for the rest. Throws the source's own error where there is one.
 */
export async function sendStreamed<T>(
  bytes: AsyncIterable<Uint8Array>,
  send: (body: Readable, abortSignal: AbortSignal) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  let broken: unknown;
  const body = Readable.from(bytes, { objectMode: false });
  body.on("error", (error) => {
    broken ??= error;
    abort.abort();
  });
  try {
    return await send(body, abort.signal);
  } catch (error) {
    throw broken ?? error;
  } finally {
    body.destroy();
  }
}
