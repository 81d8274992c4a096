import { formatInstant } from "../../base/instant.ts";
import { listed, type Rail } from "./rail.ts";

export const onHold: Rail = {
  name: "hold",
  reason: "somebody has put a hold on the repository",
  release: "command",
  isLasting: false,
  judge: ({ record }) => {
    const hold = record?.hold ?? null;
    const subjects =
      hold === null ? [] : [{ subject: hold.reason, evidence: `since ${formatInstant(hold.since)}: ${hold.reason}` }];
    return { kind: "judged", subjects, figure: listed };
  },
};
