import type { Log } from "../../base/log.ts";
import { codeOf, statusOf } from "./s3-failure.ts";

interface RequestLog<T> {
  readonly log: Log | null;
  /** `commandName` is S3's name of it. */
  readonly request: { readonly commandName: string; readonly key: string | undefined };
  readonly statusIn: (result: T) => number | undefined;
}

/**
 * Tells the log each request: its name, its key or prefix, and the status of its answer. Bodies and headers stay out.
 * `statusIn` reads the status of an answer that is no error.
 */
export async function loggedRequest<T>({ log, request, statusIn }: RequestLog<T>, send: () => Promise<T>): Promise<T> {
  if (log === null) return await send();
  const { commandName, key } = request;
  try {
    const result = await send();
    log.debug("store", { commandName, key, status: statusIn(result) });
    return result;
  } catch (error) {
    log.debug("store", { commandName, key, status: statusOf(error), error: codeOf(error) });
    throw error;
  }
}
