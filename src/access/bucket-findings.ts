import { formatDuration, type Duration } from "../base/duration.ts";
import type { Finding } from "../base/finding.ts";
import type { BucketSettings, LifecycleRule } from "../store/bucket-settings.ts";
import type { Versioning } from "../store/versioned-store.ts";
import { accessFindings } from "./access-findings.ts";

/** How a bucket is set, as a monitor or a rescuer reads it. */
export interface BucketFacts {
  /** What to call the bucket with its prefix: `backups/home`. */
  readonly place: string;
  readonly prefix: string;
  /** Null where it may not be read. */
  readonly versioning: Versioning | null;
  readonly settings: BucketSettings;
  /** The XML of the bucket's ACL; null where it may not be read or there is none. */
  readonly acl: string | null;
  /** How far back every object has to be recoverable. */
  readonly window: Duration;
}

/** What in a bucket's settings breaks the promise, whoever holds which key. */
export function bucketFindings(facts: BucketFacts): readonly Finding[] {
  return [
    ...versioningFindings(facts),
    ...lifecycleFindings(facts),
    ...retentionFindings(facts),
    ...accessFindings(facts),
    ...copyFindings(facts),
    ...unreadableFindings(facts),
  ];
}

function versioningFindings({ versioning, settings, place, prefix }: BucketFacts): readonly Finding[] {
  const found: Finding[] = [];
  if (versioning !== null && versioning !== "enabled") {
    found.push({
      rule: "versioning-suspended",
      severity: "alarm",
      subject: place,
      evidence: `the bucket's versioning is ${versioning}: what is overwritten now is gone`,
      remedy: "turn it on (put-bucket-versioning, Status=Enabled) and find out who turned it off",
    });
  }
  const excluded = settings.versioning.kind === "set" ? settings.versioning.value.excludedPrefixes : [];
  const ours = excluded.filter((pattern) => overlaps(pattern.split("*")[0] ?? "", prefix));
  if (ours.length > 0) {
    found.push({
      rule: "versioning-excludes",
      severity: "alarm",
      subject: place,
      evidence: `versioning leaves out ${ours.join(", ")}: what is overwritten there is gone`,
      remedy: "take the excluded prefixes out of the bucket's versioning",
    });
  }
  return found;
}

const day = 86_400_000;

function lifecycleFindings({ settings, place, prefix, window }: BucketFacts): readonly Finding[] {
  if (settings.lifecycle.kind !== "set" && settings.lifecycle.kind !== "none") return [];
  const all = settings.lifecycle.kind === "set" ? settings.lifecycle.value.rules : [];
  const rules = all.filter((rule) => rule.isEnabled && overlaps(rule.prefix, prefix));
  return [...rules.flatMap((rule) => ruleFindings(rule, { place, window })), ...endlessFindings(rules, place)];
}

interface Held {
  readonly place: string;
  readonly window: Duration;
}

function ruleFindings(rule: LifecycleRule, { place, window }: Held): readonly Finding[] {
  const { id, noncurrentDays, newerNoncurrentVersions, currentDays } = rule;
  const common = { subject: place, remedy: `change the lifecycle rule "${id}", or find out who made it` } as const;
  const found: Finding[] = [];
  if (noncurrentDays !== null && noncurrentDays * day < window) {
    const evidence = `the rule "${id}" destroys versions after ${noncurrentDays} days, and the recovery window is ${formatDuration(window)}`;
    found.push({ rule: "lifecycle-shorter-than-window", severity: "alarm", evidence, ...common });
  }
  if (newerNoncurrentVersions !== null) {
    const evidence = `the rule "${id}" keeps ${newerNoncurrentVersions} old versions: whoever may put that many pushes the good one out`;
    found.push({ rule: "lifecycle-counts-versions", severity: "warning", evidence, ...common });
  }
  if (currentDays !== null) {
    const evidence = `the rule "${id}" hides objects after ${currentDays} days, however needed`;
    found.push({ rule: "lifecycle-hides-current", severity: "alarm", evidence, ...common });
  }
  return found;
}

function endlessFindings(rules: readonly LifecycleRule[], place: string): readonly Finding[] {
  if (rules.some(({ noncurrentDays }) => noncurrentDays !== null)) return [];
  const evidence = "no lifecycle rule removes old versions: they pile up";
  const remedy = "add the rule that holdfast policy rescuer prints, with the days of the recovery window";
  return [{ rule: "no-lifecycle-rule", severity: "notice", subject: place, evidence, remedy }];
}

function retentionFindings({ settings, place, window }: BucketFacts): readonly Finding[] {
  if (settings.objectLock.kind !== "set") return [];
  const { mode, days } = settings.objectLock.value;
  if (days === null) return [];
  const isShort = days * day < window;
  const shorter = isShort ? `, shorter than the recovery window of ${formatDuration(window)}` : "";
  const evidence = `object lock holds each new version for ${days} days${mode === null ? "" : ` (${mode})`}${shorter}`;
  const remedy = isShort
    ? "lengthen the default retention, or shorten recovery-window"
    : "reckon with what locks and copies take up until then";
  return [{ rule: "object-lock-default", severity: "notice", subject: place, evidence, remedy }];
}

function copyFindings({ settings, place }: BucketFacts): readonly Finding[] {
  if (settings.replication.kind !== "set") return [];
  const evidence = "everything that is written here is replicated to another bucket";
  const remedy = "look whose it is (get-bucket-replication); a thief carries the repository off so";
  return [{ rule: "replication", severity: "warning", subject: place, evidence, remedy }];
}

const names = {
  lifecycle: "the lifecycle rules",
  policy: "the policy",
  objectLock: "object lock",
  replication: "replication",
  versioning: "versioning",
} as const;

function unreadableFindings({ versioning, settings, place }: BucketFacts): readonly Finding[] {
  const fields = Object.keys(names) as (keyof typeof names)[];
  const isUnread = (field: keyof typeof names): boolean =>
    settings[field].kind === "unreadable" || (field === "versioning" && versioning === null);
  const unseen = fields.filter(isUnread).map((field) => names[field]);
  if (unseen.length === 0) return [];
  const evidence = `this host's keys may not read ${unseen.join(", ")}`;
  const remedy = "grant the monitor what holdfast policy monitor prints";
  return [{ rule: "settings-unreadable", severity: "warning", subject: place, evidence, remedy }];
}

function overlaps(one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(one);
}
