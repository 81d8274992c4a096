import type { Role } from "../../base/role.ts";

interface NeededRight {
  /** As AWS names it; other stores take it from there. */
  readonly right: string;
  readonly roles: readonly Role[];
}

/** By what was attempted, as it follows "Cannot". */
const neededFor: Readonly<Record<string, NeededRight>> = {
  "list the objects of": { right: "s3:ListBucket", roles: ["writer", "pruner", "rescuer"] },
  "read the versions of": { right: "s3:ListBucketVersions", roles: ["monitor", "purger", "rescuer"] },
  "read the versioning of": {
    right: "s3:GetBucketVersioning",
    roles: ["monitor", "writer", "pruner", "purger", "rescuer"],
  },
  "turn versioning on for": { right: "s3:PutBucketVersioning", roles: ["rescuer"] },
  "copy forward": { right: "s3:GetObjectVersion and s3:PutObject", roles: ["rescuer"] },
  "lift delete markers of": { right: "s3:DeleteObjectVersion", roles: ["rescuer"] },
  "destroy versions of": { right: "s3:DeleteObjectVersion", roles: ["purger", "rescuer"] },
  "hide objects of": { right: "s3:DeleteObject", roles: ["pruner", "rescuer"] },
};

/** What an action needs that the store refused, and which of the roles have it; null where that is not known. */
export function neededRight(action: string): { readonly needs: string; readonly roles: readonly Role[] } | null {
  const needed = neededFor[action];
  if (needed === undefined) return null;
  const { right, roles } = needed;
  const others = roles.map((role) => `the ${role}`);
  const last = others.pop() ?? "";
  const who = others.length === 0 ? `${last} has` : `${others.join(", ")} and ${last} have`;
  return { needs: `${right}, which ${who}`, roles };
}
