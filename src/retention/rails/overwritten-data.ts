import type { Rail } from "./rail.ts";
import { listed } from "./rail.ts";

/**
 * Objects over which other bytes were written since the last run that no rail held. Where dates can be forged, their
 * number is held against that of then.
 */
export const overwrittenDataRail: Rail = {
  name: "overwritten-data",
  reason: "restic never writes other bytes over an object, so somebody else did, and more may be to come",
  release: "flag",
  isLasting: true,
  judge: ({ look, record, historyForgeable }) => {
    if (look.overwritten.kind === "unseen") return { kind: "unjudged", why: look.overwritten.why };
    const { total, lately, example } = look.overwritten.value;
    const grown = historyForgeable && typeof record?.overwritten === "number" ? total - record.overwritten : 0;
    const count = Math.max(lately, grown);
    if (count <= 0) return { kind: "judged", subjects: [], figure: listed };
    const words = `${count} ${count === 1 ? "object was" : "objects were"} overwritten with other bytes`;
    return {
      kind: "judged",
      subjects: [{ subject: `${total} ${example ?? ""}`, evidence: `${words}, such as ${shortened(example ?? "")}` }],
      figure: listed,
    };
  },
};

/** With its hash cut to 8 digits. */
function shortened(key: string): string {
  return key.replace(/([0-9a-f]{8})[0-9a-f]{56}/, "$1…");
}
