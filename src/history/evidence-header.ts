import type { Line } from "../base/chained-lines.ts";
import { formatInstant } from "../base/instant.ts";
import type { Instant } from "../base/instant.ts";
import { versionIdTimes } from "../base/version-id-time.ts";
import type { VersionIdTime } from "../base/version-id-time.ts";
import { objectKey } from "../base/object-key.ts";
import type { BucketSettings, LifecycleRule, OpenUpload, Setting } from "../store/bucket-settings.ts";
import type { Versioning } from "../store/versioned-store.ts";
import type { Fields } from "./line-fields.ts";
import type { ListingOrder } from "./state-at.ts";

/** What the evidence was taken of, and how the bucket was set at that moment. */
export interface EvidenceHeader {
  readonly bucket: string;
  readonly prefix: string;
  readonly versioning: Versioning;
  readonly takenAt: Instant;
  /** How the store lists, so that the rows can be read without it; left out where it was not known. */
  readonly order?: ListingOrder | undefined;
  /** How the store writes the time into its version ids; left out where it does not, or it was not known. */
  readonly idTime?: VersionIdTime | undefined;
  readonly settings: BucketSettings;
  /** Null where the store could not tell. */
  readonly openUploads: readonly OpenUpload[] | null;
}

const version = 2;
const versionings = ["enabled", "suspended", "off", "unsupported"] as const satisfies readonly Versioning[];
const orders = ["interleaved", "split"] as const satisfies readonly ListingOrder[];

export function headerLine(header: EvidenceHeader): Line {
  const openUploads = header.openUploads?.map((upload) => ({ ...upload, initiated: formatInstant(upload.initiated) }));
  const takenAt = formatInstant(header.takenAt);
  return { type: "evidence", version, ...header, takenAt, openUploads: openUploads ?? null };
}

/** Reads what `headerLine` made; `damaged-file` where a field is not what it was written as, or of another version. */
export function headerOf(line: Fields): EvidenceHeader {
  line.oneOf("type", ["evidence"]);
  if (line.count("version") !== version) throw line.wrong("it was written by another version of Holdfast");
  const order = line.textIfAny("order");
  const idTime = line.textIfAny("idTime");
  return {
    bucket: line.text("bucket"),
    prefix: line.textOrEmpty("prefix"),
    versioning: line.oneOf("versioning", versionings),
    takenAt: line.instant("takenAt"),
    ...(order === null ? {} : { order: line.oneOf("order", orders) }),
    ...(idTime === null ? {} : { idTime: line.oneOf("idTime", versionIdTimes) }),
    settings: settingsOf(line.within("settings")),
    openUploads: line.isNull("openUploads") ? null : line.list("openUploads").map(uploadOf),
  };
}

function settingsOf(line: Fields): BucketSettings {
  const text = (value: Fields): string => value.textOrEmpty("text");
  return {
    lifecycle: settingOf(line, "lifecycle", (value) => ({ text: text(value), rules: value.list("rules").map(ruleOf) })),
    policy: textSettingOf(line, "policy"),
    objectLock: settingOf(line, "objectLock", (value) => {
      return { text: text(value), mode: value.textOrNull("mode"), days: value.countOrNull("days") };
    }),
    replication: textSettingOf(line, "replication"),
    encryption: textSettingOf(line, "encryption"),
    versioning: settingOf(line, "versioning", (value) => {
      return { text: text(value), excludedPrefixes: value.texts("excludedPrefixes") };
    }),
  };
}

function settingOf<T>(line: Fields, name: string, valueOf: (value: Fields) => T): Setting<T> {
  return anySettingOf(line.within(name), (setting) => valueOf(setting.within("value")));
}

function textSettingOf(line: Fields, name: string): Setting<string> {
  return anySettingOf(line.within(name), (setting) => setting.textOrEmpty("value"));
}

function anySettingOf<T>(setting: Fields, valueOf: (setting: Fields) => T): Setting<T> {
  const kind = setting.oneOf("kind", ["set", "none", "unsupported", "unreadable"]);
  switch (kind) {
    case "set":
      return { kind, value: valueOf(setting) };
    case "unreadable":
      return { kind, problem: setting.textOrEmpty("problem") };
    case "none":
    case "unsupported":
      return { kind };
  }
}

function ruleOf(line: Fields): LifecycleRule {
  return {
    id: line.textOrEmpty("id"),
    isEnabled: line.flag("isEnabled"),
    prefix: line.textOrEmpty("prefix"),
    noncurrentDays: line.countOrNull("noncurrentDays"),
    newerNoncurrentVersions: line.countOrNull("newerNoncurrentVersions"),
    currentDays: line.countOrNull("currentDays"),
    abortUploadsDays: line.countOrNull("abortUploadsDays"),
  };
}

function uploadOf(line: Fields): OpenUpload {
  const key = objectKey(line.text("key"));
  return { key, uploadId: line.textOrEmpty("uploadId"), initiated: line.instant("initiated") };
}
