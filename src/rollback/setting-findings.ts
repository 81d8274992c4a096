import type { Finding } from "../base/finding.ts";
import { formatInstant } from "../base/instant.ts";
import type { Instant } from "../base/instant.ts";
import type { BucketSettings, LifecycleRule, Setting } from "../store/bucket-settings.ts";

/** How the bucket was set when evidence of it was saved before. */
export interface EarlierSettings {
  readonly takenAt: Instant;
  readonly settings: BucketSettings;
}

interface SettingFacts {
  readonly place: string;
  readonly prefix: string;
  readonly settings: BucketSettings;
  readonly earlier: EarlierSettings | null;
}

/** What the bucket's settings will do to a rollback, what has changed in them, and what could not be seen. */
export function settingFindings(facts: SettingFacts): readonly Finding[] {
  return [
    ...excludedFindings(facts),
    ...hidingFindings(facts),
    ...policyFindings(facts),
    ...lockDefaultFindings(facts),
    ...replicationFindings(facts),
    ...changeFindings(facts),
    ...unreadableFindings(facts),
  ];
}

function excludedFindings({ settings, prefix, place }: SettingFacts): readonly Finding[] {
  if (settings.versioning.kind !== "set") return [];
  const excluded = settings.versioning.value.excludedPrefixes.filter((pattern) => overlaps(pattern, prefix));
  if (excluded.length === 0) return [];
  const evidence = `versioning leaves out ${excluded.join(", ")}: what is written there replaces what is there`;
  const remedy = "Take the excluded prefixes out of the bucket's versioning before anything is written.";
  return [{ rule: "versioning-excludes", severity: "alarm", subject: place, evidence, remedy }];
}

/** MinIO's patterns may hold `*`; up to the first of them they are plain. */
function overlaps(pattern: string, prefix: string): boolean {
  const plain = pattern.split("*")[0] ?? "";
  return plain.startsWith(prefix) || prefix.startsWith(plain);
}

function hidingFindings({ settings, prefix, place }: SettingFacts): readonly Finding[] {
  if (settings.lifecycle.kind !== "set") return [];
  return settings.lifecycle.value.rules
    .filter((rule) => hides(rule, prefix))
    .map((rule) => ({
      rule: "lifecycle-hides-current",
      severity: "warning",
      subject: place,
      evidence: `the rule "${rule.id}" hides objects under "${rule.prefix}" after ${rule.currentDays ?? 0} days, however needed`,
      remedy: `Take the rule "${rule.id}" out: it would hide what the rollback brings back.`,
    }));
}

function hides({ isEnabled, currentDays, prefix: ofRule }: LifecycleRule, prefix: string): boolean {
  return isEnabled && currentDays !== null && (ofRule.startsWith(prefix) || prefix.startsWith(ofRule));
}

function policyFindings({ settings, place, earlier }: SettingFacts): readonly Finding[] {
  const isChanged = earlier !== null && isOther(settings.policy, earlier.settings.policy);
  if (settings.policy.kind !== "set" || isChanged) return [];
  const { value } = settings.policy;
  const evidence = `the bucket has a policy: ${shortened(value)}`;
  const remedy = "Look whom it lets in (get-bucket-policy); a thief leaves himself a door there.";
  return [{ rule: "bucket-policy", severity: "notice", subject: place, evidence, remedy }];
}

function lockDefaultFindings({ settings, place }: SettingFacts): readonly Finding[] {
  if (settings.objectLock.kind !== "set") return [];
  const { mode, days } = settings.objectLock.value;
  if (days === null) return [];
  const evidence = `object lock holds every new version for ${days} days${mode === null ? "" : ` (${mode})`}, copies of a rollback too`;
  const remedy =
    "Reckon with what the copies take up until then, or lift the default before apply and set it again after.";
  return [{ rule: "object-lock-default", severity: "notice", subject: place, evidence, remedy }];
}

function replicationFindings({ settings, place }: SettingFacts): readonly Finding[] {
  if (settings.replication.kind !== "set") return [];
  const evidence = `the bucket is replicated: ${shortened(settings.replication.value)}`;
  const remedy = "Look where to: lifted markers are not replicated, and a thief can have data sent to himself.";
  return [{ rule: "replication", severity: "notice", subject: place, evidence, remedy }];
}

const names = {
  lifecycle: "the lifecycle rules",
  policy: "the policy",
  objectLock: "object lock",
  replication: "replication",
  encryption: "the default encryption",
  versioning: "the versioning settings",
} as const satisfies Record<keyof BucketSettings, string>;
const fields = Object.keys(names) as (keyof BucketSettings)[];

function changeFindings({ settings, place, earlier }: SettingFacts): readonly Finding[] {
  if (earlier === null) return [];
  const changed = fields.filter((field) => isOther(settings[field], earlier.settings[field]));
  return changed.map((field) => ({
    rule: "setting-changed",
    severity: "warning",
    subject: place,
    evidence:
      `since the evidence of ${formatInstant(earlier.takenAt)} ${names[field]} changed: ` +
      `was ${told(earlier.settings[field])}, is ${told(settings[field])}`,
    remedy: "Find out who changed it; set it back before apply where it was not you.",
  }));
}

function unreadableFindings({ settings, place }: SettingFacts): readonly Finding[] {
  const problems = fields.flatMap((field) => {
    const setting = settings[field];
    return setting.kind === "unreadable" ? [`${names[field]} (${setting.problem})`] : [];
  });
  if (problems.length === 0) return [];
  const evidence = `could not be read with this key: ${problems.join(", ")}`;
  const remedy = "Look at them with a key that may read them: a lifecycle rule can destroy what is to be brought back.";
  return [{ rule: "settings-unreadable", severity: "warning", subject: place, evidence, remedy }];
}

type AnySetting = Setting<string> | Setting<{ readonly text: string }>;

/** What could not be read then or now tells nothing. */
function isOther(now: AnySetting, then: AnySetting): boolean {
  const isKnown = [now, then].every(({ kind }) => kind === "set" || kind === "none");
  return isKnown && textOf(now) !== textOf(then);
}

function told(setting: AnySetting): string {
  const text = textOf(setting);
  return text === null ? "not set" : shortened(text);
}

function textOf(setting: AnySetting): string | null {
  if (setting.kind !== "set") return null;
  return typeof setting.value === "string" ? setting.value : setting.value.text;
}

const toldAtMost = 200;

function shortened(text: string): string {
  const plain = text
    .replaceAll(/<\?xml[^>]*>| xmlns="[^"]*"/g, "")
    .replaceAll(/\s+/g, " ")
    .trim();
  return plain.length > toldAtMost ? `${plain.slice(0, toldAtMost)}…` : plain;
}
