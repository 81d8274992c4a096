import { Failure } from "../../base/failure.ts";

/** Where the rights of a policy hold. */
export interface PolicyPlace {
  readonly bucket: string;
  /** Empty, or ending in a slash. */
  readonly prefix: string;
}

/** What a policy reads as a pattern or a variable, and what a shell would not leave alone in a here-document. */
const special = /[*?$`\\"]|\p{Cc}/u;

/**
 * The place of a repository. Fails with `refused` where its path cannot stand in a policy as it is: a policy with `*` in
 * it would grant more than the repository.
 */
export function policyPlace({ bucket, prefix }: PolicyPlace): PolicyPlace {
  const found = special.exec(`${bucket}/${prefix}`)?.[0];
  if (found === undefined) return { bucket, prefix };
  throw new Failure({
    kind: "refused",
    action: "write a policy for",
    subject: `${bucket}/${prefix}`,
    problem: `its path has ${JSON.stringify(found)} in it, which a policy reads as something else`,
    hint: "put the repository under a path of letters, digits, dots, dashes and slashes",
  });
}
