import { formatDuration } from "../../base/duration.ts";
import { formatInstant } from "../../base/instant.ts";
import { listed, type Rail } from "./rail.ts";

export const checkTooOld: Rail = {
  name: "check-too-old",
  reason: "what nobody has checked for long may be damaged, and older snapshots may be all that is whole",
  release: "flag",
  isLasting: false,
  judge: ({ look, record, limits }) => {
    const check = record?.check ?? null;
    if (check === null) return { kind: "unjudged", why: "no check is on record yet; this run begins with one" };
    const age = look.now - check.at;
    const evidence = `the last check that came to its end was ${formatDuration(age)} ago (limit ${formatDuration(limits.checkMaxAge)})`;
    const subjects = age > limits.checkMaxAge ? [{ subject: formatInstant(check.at), evidence }] : [];
    return { kind: "judged", subjects, figure: listed };
  },
};
