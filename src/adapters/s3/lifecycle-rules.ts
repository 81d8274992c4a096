import type { LifecycleRule } from "../../store/bucket-settings.ts";
import { DamagedXml } from "./xml-elements.ts";
import { childrenAt, textAt, type XmlNode } from "./xml-tree.ts";

/**
 * The rules of a LifecycleConfiguration, MinIO's own words among them (internal/bucket/lifecycle in its source). Throws
 * DamagedXml on a number that is none: a rule that was not understood must not look like one that takes nothing.
 */
export function lifecycleRules(configuration: XmlNode): readonly LifecycleRule[] {
  return childrenAt(configuration, "Rule").map((rule) => ({
    id: textAt(rule, "ID") ?? "",
    isEnabled: textAt(rule, "Status") === "Enabled",
    prefix: textAt(rule, "Filter", "And", "Prefix") ?? textAt(rule, "Filter", "Prefix") ?? textAt(rule, "Prefix") ?? "",
    noncurrentDays: leastOf([
      countAt(rule, "NoncurrentVersionExpiration", "NoncurrentDays"),
      countAt(rule, "DelMarkerExpiration", "Days"),
      textAt(rule, "Expiration", "ExpiredObjectAllVersions") === "true" ? expirationDays(rule) : null,
    ]),
    newerNoncurrentVersions: countAt(rule, "NoncurrentVersionExpiration", "NewerNoncurrentVersions"),
    currentDays: expirationDays(rule),
    abortUploadsDays: countAt(rule, "AbortIncompleteMultipartUpload", "DaysAfterInitiation"),
  }));
}

function expirationDays(rule: XmlNode): number | null {
  return textAt(rule, "Expiration", "Date") === null ? countAt(rule, "Expiration", "Days") : 0;
}

/** A count of 0 is how some stores write that the rule does not say. */
function countAt(rule: XmlNode, ...path: readonly string[]): number | null {
  const text = textAt(rule, ...path)?.trim() ?? "0";
  if (!/^\d+$/.test(text)) throw new DamagedXml(`its ${path.join("/")} is "${text}"`);
  return Number(text) === 0 ? null : Number(text);
}

function leastOf(days: readonly (number | null)[]): number | null {
  const known = days.filter((each) => each !== null);
  return known.length === 0 ? null : Math.min(...known);
}
