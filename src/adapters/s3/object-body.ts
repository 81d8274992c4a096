import type { Failure } from "../../base/failure.ts";

export interface BodyPromise {
  /** What the store said the length would be, in bytes. */
  readonly size: number;
  readonly onError: (error: unknown) => Failure;
}

/** The bytes of a reply, which fail by name when the connection breaks or the bytes stop short of what was promised. */
export async function* wholeContent(
  body: AsyncIterable<Uint8Array>,
  { size, onError }: BodyPromise,
): AsyncIterable<Uint8Array> {
  let read = 0;
  try {
    for await (const part of body) {
      read += part.length;
      yield part;
    }
  } catch (error) {
    throw onError(error);
  }
  if (read !== size) throw onError(Object.assign(new Error(`${read} of ${size} bytes came`), { code: "ECONNRESET" }));
}
