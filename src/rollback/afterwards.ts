import { isNullVersion } from "../base/version-id.ts";
import type { VersionId } from "../base/version-id.ts";
import { currentRow } from "../history/state-at.ts";
import type { HistoryRow } from "../store/object-version.ts";
import { sameness } from "./prove.ts";
import type { HashVersion } from "./prove.ts";
import { isRow } from "./step.ts";
import type { RowRef } from "./step.ts";

/** What a key shows after its step was done. */
type Afterwards =
  /** What it should; `own` names the copy that the step made. */
  | { readonly kind: "right" }
  | { readonly kind: "own"; readonly versionId: VersionId }
  /** The copy came out under the id `null`: versioning was not Enabled. */
  | { readonly kind: "null" }
  /** Somebody has written it since. */
  | { readonly kind: "changed"; readonly now: string };

/**
 * Looks at a key's rows after the step that was to show `to` there. Bytes are read only where size or ETag of what shows
 * are not those of the version that was copied, as for one that was put in parts; whether bytes hash to the name is for
 * `verifyRollback`.
 */
export async function afterwards(to: RowRef, rows: readonly HistoryRow[], hash: HashVersion): Promise<Afterwards> {
  const current = currentRow(rows);
  if (current === null) return { kind: "changed", now: "its history is gone" };
  if (current.kind === "marker") return { kind: "changed", now: `marker ${current.versionId} is current` };
  if (isRow(to, current)) return { kind: "right" };
  const now = `version ${current.versionId} is current`;
  if (current.size !== to.size) return { kind: "changed", now };
  if (current.etag !== to.etag || to.etag === "") {
    const goal = rows.find((row) => isRow(to, row));
    if (goal?.kind !== "version" || (await sameness(current, goal, hash)).kind !== "same")
      return { kind: "changed", now };
  }
  return isNullVersion(current.versionId) ? { kind: "null" } : { kind: "own", versionId: current.versionId };
}
