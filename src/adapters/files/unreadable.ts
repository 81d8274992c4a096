import { Failure } from "../../base/failure.ts";
import { systemCode } from "./unwritable.ts";

const reasons: Readonly<Record<string, string>> = {
  Z_BUF_ERROR: "its compressed text is cut off",
  Z_DATA_ERROR: "its compressed text is damaged",
  ENOENT: "it is not there any more",
};

/** What a file that cannot be read to its end becomes. */
export function unreadable(file: string, error: unknown): Failure {
  const code = systemCode(error);
  return new Failure({
    kind: "damaged-file",
    action: "read",
    subject: file,
    problem: reasons[code] ?? `the system says ${code}`,
    hint: "check the file and its permissions",
    cause: error,
  });
}
