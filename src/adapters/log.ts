import { destination, pino, stdTimeFunctions } from "pino";
import type { Log } from "../base/log.ts";

/** JSON lines on stderr, written at once so that nothing is lost when the process ends. */
export function openLog(): Log {
  const logger = pino(
    {
      level: "debug",
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      // Nothing hands a secret in; should it ever happen, these names do not get out.
      redact: ["password", "secretKey", "sessionToken", "environment"],
    },
    destination({ fd: 2, sync: true }),
  );
  return { debug: (message, fields) => logger.debug(fields, message) };
}
