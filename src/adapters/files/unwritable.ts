import { Failure } from "../../base/failure.ts";

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the quota is used up",
  EACCES: "it is not ours to write",
  EPERM: "it is not ours to write",
  EROFS: "the file system is read-only",
  EEXIST: "it is there already",
  ENOTDIR: "a part of the path is no folder",
  EFBIG: "the file may not grow any larger",
};

/** What a file that cannot be written becomes, whatever the system called it. */
export function unwritable(file: string, error: unknown): Failure {
  const code = systemCode(error);
  return new Failure({
    kind: "state-unwritable",
    action: "write",
    subject: file,
    problem: reasons[code] ?? `the system says ${code}`,
    hint: "make room or rights there, or name another folder: --state-dir DIR; then run the same again",
    cause: error,
  });
}

/** The system's own word for what went wrong: `ENOENT`. */
export function systemCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
