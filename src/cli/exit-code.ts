import type { FailureKind } from "../base/failure.ts";

/** What contract.md promises to scripts; restic's own codes keep restic's meaning. */
const codes: Readonly<Record<FailureKind, number>> = {
  "restic-failed": 1,
  incomplete: 3,
  "no-repository": 10,
  locked: 11,
  "wrong-password": 12,
  usage: 64,
  "damaged-file": 65,
  "store-unreachable": 69,
  "store-misbehaves": 69,
  "clock-skewed": 69,
  "program-missing": 69,
  defect: 70,
  "state-unwritable": 73,
  "stopped-half-way": 75,
  "store-denied": 77,
  config: 78,
  refused: 81,
  unrecoverable: 82,
  "bucket-changed": 83,
  interrupted: 130,
};

/** A command that ended well but found something. */
export const findingsExitCode = 80;

export function exitCodeOf(kind: FailureKind): number {
  return codes[kind];
}
