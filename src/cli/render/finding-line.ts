import type { Finding } from "../../base/finding.ts";

/** A finding beside a command's own output: what was found, and what to do about it. */
export function findingLine({ severity, evidence, remedy }: Finding): string {
  return `${severity}: ${evidence}; ${remedy}`;
}
