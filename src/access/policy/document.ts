import type { Role } from "../../base/role.ts";
import type { Dialect } from "./dialect.ts";
import type { PolicyPlace } from "./place.ts";
import { statementsFor, type Principal, type Statement } from "./statements.ts";

/** The policy of one user, as JSON: for providers that attach policies to users. */
export function userPolicy(role: Role, place: PolicyPlace, dialect: Dialect): string {
  return documentOf(dialect, statementsFor({ role, place, dialect }));
}

/** The same rights in as few characters as may be, for calls that take only so many. */
export function compactUserPolicy(role: Role, place: PolicyPlace, dialect: Dialect): string {
  const statements = statementsFor({ role, place, dialect }).map(({ Effect, Action, Resource, Condition }) => ({
    Effect,
    Action,
    Resource,
    Condition,
  }));
  return JSON.stringify({ Version: dialect.version, Statement: statements });
}

export interface BucketPolicyRequest {
  readonly place: PolicyPlace;
  readonly dialect: Dialect;
  /** The roles that the policy names, and by which principal each. */
  readonly principals: ReadonlyMap<Role, Principal>;
}

/** The policy of a bucket, as JSON: a bucket has only one, so it holds the rights of every role. */
export function bucketPolicy({ place, dialect, principals }: BucketPolicyRequest): string {
  const statements = [...principals].flatMap(([role, principal]) =>
    statementsFor({ role, place, dialect }).map(({ Sid, Effect, ...rest }) => ({
      Sid: `${role.replace(/^./, (letter) => letter.toUpperCase())}${Sid}`,
      Effect,
      Principal: principal,
      ...rest,
    })),
  );
  return documentOf(dialect, statements);
}

function documentOf({ version }: Dialect, statements: readonly Statement[]): string {
  return written({ Version: version, Statement: statements }, "");
}

/** JSON over some lines, a list of one or two texts on one of them. */
function written(value: unknown, indent: string): string {
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const isShort = value.length <= 2 && value.every((each) => typeof each === "string");
    const items = value.map((each) => written(each, inner));
    return isShort ? `[${items.join(", ")}]` : `[\n${items.map((item) => inner + item).join(",\n")}\n${indent}]`;
  }
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(
    ([name, field]) => `${inner}${JSON.stringify(name)}: ${written(field, inner)}`,
  );
  return `{\n${fields.join(",\n")}\n${indent}}`;
}
