import { formatDuration } from "../base/duration.ts";
import type { Finding } from "../base/finding.ts";
import { formatInstant } from "../base/instant.ts";
import type { Instant } from "../base/instant.ts";
import type { ObjectKey } from "../base/object-key.ts";
import type { BucketSettings, OpenUpload } from "../store/bucket-settings.ts";
import type { ClockReading, Versioning } from "../store/versioned-store.ts";
import type { GoodVersions, RuleThreat } from "./good-versions.ts";
import { settingFindings } from "./setting-findings.ts";
import type { EarlierSettings } from "./setting-findings.ts";

/** A lock that somebody holds who may be writing at this moment. */
export interface FreshLock {
  readonly key: ObjectKey;
  readonly lastModified: Instant;
}

/** What a plan was made on, apart from the histories of its keys. */
export interface PreflightFacts {
  /** What to call the bucket with its prefix: `backups/home`. */
  readonly place: string;
  readonly prefix: string;
  readonly to: Instant;
  /** By the store's clock; of saved evidence, when it was taken. */
  readonly now: Instant;
  readonly versioning: Versioning;
  readonly settings: BucketSettings;
  /** What evidence of the same repository that was saved before says; null where there is none. */
  readonly earlier: EarlierSettings | null;
  /** Null where the store cannot tell. */
  readonly openUploads: readonly OpenUpload[] | null;
  readonly freshLocks: readonly FreshLock[];
  /** Null where no store was asked. */
  readonly clock: ClockReading | null;
  readonly good: GoodVersions;
}

/** What stands in the way of a rollback, or will before long, or has to be looked at, each with what to do about it. */
export function preflight(facts: PreflightFacts): readonly Finding[] {
  return [
    ...versioningFindings(facts),
    ...facts.good.threats.map((threat) => threatFinding(threat, facts)),
    ...settingFindings(facts),
    ...uploadFindings(facts),
    ...lockFindings(facts),
    ...clockFindings(facts),
    ...archiveFindings(facts),
  ];
}

function versioningFindings({ versioning, place }: PreflightFacts): readonly Finding[] {
  if (versioning === "enabled") return [];
  const evidence = `the bucket's versioning is ${versioning}: what is written now replaces what is there`;
  const remedy = "Turn it on (put-bucket-versioning, Status=Enabled); apply writes nothing before.";
  return [{ rule: "versioning-suspended", severity: "alarm", subject: place, evidence, remedy }];
}

const soon = 7 * 86_400_000;
const day = 86_400_000;

function threatFinding({ rule, deadline, threatened, spared }: RuleThreat, { place, now }: PreflightFacts): Finding {
  const common = { rule: "lifecycle-destroys-good-versions", subject: place } as const;
  const remedy = `Keep a copy of the lifecycle rule "${rule.id}" and take it out until the rollback is verified.`;
  if (deadline === null) {
    const evidence =
      `the rule "${rule.id}" keeps ${rule.newerNoncurrentVersions ?? 0} versions that are not current: ` +
      `${spared} to bring back are among them until somebody puts more on top`;
    return { ...common, severity: "warning", evidence, remedy };
  }
  const after = rule.noncurrentDays === null ? "at once" : `${rule.noncurrentDays} days after they were hidden`;
  const midnight = formatInstant((Math.ceil(deadline / day) * day) as Instant);
  const left = deadline <= now ? "that has passed" : `in ${formatDuration(deadline - now)}`;
  const evidence =
    `the rule "${rule.id}" destroys ${threatened} versions to bring back ${after}, ` +
    `the first at ${formatInstant(deadline)} (${left}; a store that counts whole days waits until ${midnight})`;
  return { ...common, severity: deadline - now < soon ? "alarm" : "warning", evidence, remedy };
}

function uploadFindings({ openUploads, to, place }: PreflightFacts): readonly Finding[] {
  if (openUploads === null || openUploads.length === 0) return [];
  const old = openUploads.filter(({ initiated }) => initiated <= to);
  const [first] = old.length > 0 ? old : openUploads;
  const named = first === undefined ? "" : `, one for ${first.key} of ${formatInstant(first.initiated)}`;
  const subject = first?.key ?? place;
  const remedy = "Abort them (abort-multipart-upload) where no backup is running.";
  if (old.length === 0) {
    const evidence = `${openUploads.length} multipart uploads are open${named}`;
    return [{ rule: "open-uploads", severity: "notice", subject, evidence, remedy }];
  }
  const evidence = `${old.length} multipart uploads begun before T are open${named}: completed now, they may carry that date`;
  return [{ rule: "open-uploads", severity: "warning", subject, evidence, remedy }];
}

function lockFindings({ freshLocks }: PreflightFacts): readonly Finding[] {
  const [first] = freshLocks;
  if (first === undefined) return [];
  const evidence = `${freshLocks.length} locks are younger than half an hour, one of ${formatInstant(first.lastModified)}: somebody is writing`;
  const remedy = "Stop backups and prune on every host and take the stolen keys out of use; apply waits for that.";
  return [{ rule: "fresh-lock", severity: "warning", subject: first.key, evidence, remedy }];
}

const toleratedSkew = 5 * 60_000;

function clockFindings({ clock, place }: PreflightFacts): readonly Finding[] {
  if (clock === null) return [];
  const skew = clock.ours - clock.store;
  if (Math.abs(skew) <= toleratedSkew) return [];
  const side = skew > 0 ? "ahead of" : "behind";
  const evidence = `this machine's clock is ${formatDuration(Math.abs(skew))} ${side} the store's`;
  const remedy = "Set the clock (timedatectl). T is compared with the store's dates: read it by the store's clock.";
  return [{ rule: "clock-skew", severity: "warning", subject: place, evidence, remedy }];
}

function archiveFindings({ good }: PreflightFacts): readonly Finding[] {
  if (good.archived === 0 || good.firstArchived === null) return [];
  const evidence = `${good.archived} versions to bring back are archived, ${good.firstArchived} among them; they are not lost`;
  const remedy = "Restore them first (restore-object with the version id), then plan again, so that they can be read.";
  return [{ rule: "archived-versions", severity: "warning", subject: good.firstArchived, evidence, remedy }];
}
