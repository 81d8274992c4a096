import type { Finding } from "../base/finding.ts";
import type { Configuration, RepositoryConfiguration } from "./configuration.ts";

/** What the choice of keys in a configuration gives away: the rescuer's beside those that a backed-up host works with. */
export function keyFindings({ repositories }: Configuration): readonly Finding[] {
  return [...repositories.values()].filter(({ keys }) => keys.has("rescuer") && keys.has("writer")).map(rescuerBeside);
}

/** A key that stands in a file is there by day; one from the environment or a password manager only while it is used. */
function rescuerBeside({ name, keys }: RepositoryConfiguration): Finding {
  const kind = keys.get("rescuer")?.secretKey.kind;
  const isHeld = kind === "file" || kind === "credential";
  return {
    rule: "rescuer-beside-writer",
    severity: isHeld ? "warning" : "notice",
    subject: `repositories.${name}.keys`,
    evidence: isHeld
      ? `this host holds the rescuer's key of ${name} beside the writer's: whoever gets root here can destroy every version`
      : `the rescuer's key of ${name} is used where the writer's is: whoever has root here by then can take it and destroy every version`,
    remedy: "keep the rescuer on a host that backs nothing up, and its key in a drawer",
  };
}
