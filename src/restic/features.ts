import { compareVersions, type ResticVersion } from "./version.ts";

/** The release in which each thing that matters to Holdfast came (restic's CHANGELOG). */
const since = {
  "init-json": [0, 15, 0],
  "full-snapshot-id": [0, 15, 0],
  "read-concurrency": [0, 15, 0],
  "retry-lock": [0, 16, 0],
  "restore-json": [0, 16, 0],
  "no-scan": [0, 15, 0],
  "exit-codes-10-11": [0, 17, 0],
  "exit-code-12": [0, 17, 1],
  "restore-dry-run": [0, 17, 0],
  sigterm: [0, 17, 0],
  "skip-if-unchanged": [0, 17, 0],
  "check-json": [0, 18, 0],
  "compression-levels": [0, 19, 0],
} as const satisfies Readonly<Record<string, readonly [number, number, number]>>;

export type ResticFeature = keyof typeof since;

export function supports(version: ResticVersion, feature: ResticFeature): boolean {
  const [major, minor, patch] = since[feature];
  return compareVersions(version, { major, minor, patch, text: "" }) >= 0;
}

/** The oldest release with the feature, for messages: `0.17.0`. */
export function sinceRelease(feature: ResticFeature): string {
  return since[feature].join(".");
}
