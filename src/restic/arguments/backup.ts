import { Failure } from "../../base/failure.ts";
import { sinceRelease, supports, type ResticFeature } from "../features.ts";
import type { RepositoryAccess } from "../repository-access.ts";
import type { ResticVersion } from "../version.ts";
import { globalArguments } from "./global.ts";

/** What to back up and how, under restic's own flag names. */
export interface BackupOptions {
  readonly paths: readonly string[];
  readonly exclude?: readonly string[] | undefined;
  readonly iexclude?: readonly string[] | undefined;
  readonly "exclude-file"?: readonly string[] | undefined;
  readonly "exclude-caches"?: boolean | undefined;
  readonly "exclude-if-present"?: readonly string[] | undefined;
  readonly "exclude-larger-than"?: string | undefined;
  readonly "files-from"?: readonly string[] | undefined;
  readonly "one-file-system"?: boolean | undefined;
  readonly tag?: readonly string[] | undefined;
  readonly host?: string | undefined;
  readonly "ignore-inode"?: boolean | undefined;
  readonly "ignore-ctime"?: boolean | undefined;
  readonly "with-atime"?: boolean | undefined;
  readonly compression?: string | undefined;
  readonly "pack-size"?: number | undefined;
  readonly "read-concurrency"?: number | undefined;
  readonly "skip-if-unchanged"?: boolean | undefined;
  readonly "no-scan"?: boolean | undefined;
  readonly "limit-upload"?: number | undefined;
}

const needs: Partial<Readonly<Record<keyof BackupOptions, ResticFeature>>> = {
  "read-concurrency": "read-concurrency",
  "no-scan": "no-scan",
  "skip-if-unchanged": "skip-if-unchanged",
};

export interface BackupRequest {
  readonly version: ResticVersion;
  readonly dryRun: boolean;
  readonly lock: readonly string[];
}

/** Every option as `--flag=value`, so that a value that begins with a dash is never taken for a flag; paths after `--`. */
export function backupArguments(
  access: RepositoryAccess,
  options: BackupOptions,
  request: BackupRequest,
): readonly string[] {
  const { paths, ...flags } = options;
  return [
    "backup",
    "--json",
    ...globalArguments(access),
    ...request.lock,
    ...(request.dryRun ? ["--dry-run"] : []),
    ...Object.entries(flags).flatMap(([name, value]) =>
      flagArguments(name as keyof BackupOptions, value, request.version),
    ),
    "--",
    ...paths,
  ];
}

type FlagValue = string | number | boolean | readonly string[] | undefined;

function flagArguments(name: keyof BackupOptions, value: FlagValue, version: ResticVersion): readonly string[] {
  if (value === undefined || value === false) return [];
  refuseUnsupported(name, value, version);
  if (value === true) return [`--${name}`];
  const values = typeof value === "object" ? value : [value];
  return values.map((each) => `--${name}=${each}`);
}

function refuseUnsupported(name: keyof BackupOptions, value: FlagValue, version: ResticVersion): void {
  const isLevel = name === "compression" && (value === "fastest" || value === "better");
  const feature = isLevel ? "compression-levels" : needs[name];
  if (feature === undefined || supports(version, feature)) return;
  throw new Failure({
    kind: "config",
    action: "use the backup option",
    subject: isLevel ? `compression: ${value}` : name,
    problem: `restic ${version.text} does not have it; it came with ${sinceRelease(feature)}`,
    hint: `install restic ${sinceRelease(feature)} or newer, or take ${name} out of the configuration`,
  });
}
