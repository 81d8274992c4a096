import type { Finding } from "../base/finding.ts";
import { formatInstant } from "../base/instant.ts";
import type { ObjectKey } from "../base/object-key.ts";
import type { WrongBytes } from "./prove-key.ts";

/** How many versions of one key are told. */
const toldAtMost = 3;

const remedies = {
  "at-t": "Somebody wrote over it with the repository's keys, or the store damaged it: take those keys out of use.",
  hidden: "The rollback hides it. Whoever wrote it does not write as restic does: take that key out of use.",
} as const;

/** An object whose bytes do not hash to its name: restic never writes one. */
export function wrongBytes(key: ObjectKey, wrong: readonly WrongBytes[], where: keyof typeof remedies): Finding {
  const told = wrong.slice(0, toldAtMost).map(({ version, sha256 }) => {
    return `version ${version.versionId} of ${formatInstant(version.lastModified)} hashes to ${sha256}`;
  });
  const more = wrong.length > toldAtMost ? [`${wrong.length - toldAtMost} more`] : [];
  const evidence = [...told, ...more].join("; ");
  return { rule: "wrong-bytes", severity: "alarm", subject: key, evidence, remedy: remedies[where] };
}
