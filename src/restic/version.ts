/** A release of restic. Ordered by `compareVersions`. */
export interface ResticVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** As restic says it: `0.19.1`, `0.19.1-dev`. */
  readonly text: string;
}

/** The oldest restic that Holdfast drives, and the oldest without known faults that matter to it. */
export const oldestSupported: ResticVersion = { major: 0, minor: 14, patch: 0, text: "0.14.0" };
export const oldestRecommended: ResticVersion = { major: 0, minor: 17, patch: 3, text: "0.17.3" };

/**
 * Reads the output of `restic version --json`: JSON since 0.17, before that the text `restic 0.14.0 compiled with …`.
 * Null where neither is there.
 */
export function parseResticVersion(output: string): ResticVersion | null {
  const match =
    /"version":\s*"(\d+)\.(\d+)\.(\d+)([^"]*)"/.exec(output) ?? /^restic (\d+)\.(\d+)\.(\d+)(\S*)/m.exec(output);
  if (match === null) return null;
  const [, major, minor, patch, rest = ""] = match;
  return {
    major: Number(major),
    minor: Number(minor),
    patch: Number(patch),
    text: `${major}.${minor}.${patch}${rest}`,
  };
}

/** Negative where `a` is older, zero where equal in all three numbers, positive where newer. */
export function compareVersions(a: ResticVersion, b: ResticVersion): number {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch;
}
