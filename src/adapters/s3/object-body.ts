interface BodyPromise {
  /** What the store said the length would be, in bytes. */
  readonly size: number;
  /** Asks anew for the bytes of the same version from an offset on. */
  readonly readFrom: (offset: number) => Promise<AsyncIterable<Uint8Array>>;
  /** What to throw when the store leaves off at the same byte every time. */
  readonly cutOff: (read: number, cause: unknown) => Error;
}

/** How often the store may leave off at the same byte. */
const mostStandstills = 3;

/**
 * Every byte of a reply. A connection that breaks on the way is taken up again from the byte it had come to; a store
 * that leaves off at the same byte again and again cannot deliver the object (MinIO closes on damaged data).
 */
export async function* wholeContent(first: AsyncIterable<Uint8Array>, promise: BodyPromise): AsyncIterable<Uint8Array> {
  let read = 0;
  let body = first;
  for (let standstills = 0; ; standstills++) {
    const before = read;
    let cause: unknown;
    try {
      for await (const part of body) {
        read += part.length;
        yield part;
      }
    } catch (error) {
      cause = error;
    }
    if (read === promise.size) return;
    if (read > before) standstills = 0;
    if (read > promise.size || standstills === mostStandstills) throw promise.cutOff(read, cause);
    body = await promise.readFrom(read);
  }
}
