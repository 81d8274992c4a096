import type { Role } from "../../base/role.ts";
import { grantsOf, isGranted, repositoryAreas, rights, type Area, type Grant, type Right } from "../rights.ts";
import type { Dialect } from "./dialect.ts";
import type { PolicyPlace } from "./place.ts";

/** Whom a statement of a bucket's policy is about: `{ AWS: [...] }`. A policy of a user has none. */
export type Principal = Readonly<Record<string, readonly string[]>>;

/** One statement, in the order in which its fields are written. */
export interface Statement {
  readonly Sid: string;
  readonly Effect: "Allow" | "Deny";
  readonly Principal?: Principal;
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

export interface StatementRequest {
  readonly role: Role;
  readonly place: PolicyPlace;
  readonly dialect: Dialect;
}

/** What would harm in the hands of a role that has not been granted it. */
const guardedRights: readonly Right[] = [
  "lift marker",
  "destroy version",
  "change settings",
  "change access",
  "lock version",
  "bypass lock",
  "delete bucket",
];

/** The statements that make a role what `grantsOf` says, as far as the dialect can. */
export function statementsFor(request: StatementRequest): readonly Statement[] {
  const { role, dialect } = request;
  if (dialect.effect === "narrowed") return narrowing(request);
  const allowed = grantsOf[role].flatMap((grant) => allowing(request, grant));
  const batch = dialect.batchDeleters.includes(role) ? [batchDelete(request)] : [];
  if (dialect.effect === "allowed") return [...allowed, ...batch];
  return [...allowed, ...batch, ...guarding(request), ...conditional(request)];
}

function allowing({ place, dialect }: StatementRequest, { purpose, rights: granted, areas }: Grant): Statement[] {
  const names = granted.map((right) => dialect.vocabulary[right]);
  const Sid = camelCase(purpose);
  const onBucket = unique(names.flatMap(({ bucket }) => bucket));
  const onObjects = unique(names.flatMap(({ object }) => object));
  const isLimited = dialect.limitsListings && !areas.includes("bucket") && place.prefix !== "";
  const Condition = { StringLike: { "s3:prefix": [`${place.prefix}*`] } };
  return [
    ...(onBucket.length === 0
      ? []
      : [
          {
            Sid,
            Effect: "Allow" as const,
            Action: onBucket,
            Resource: [bucketResource(dialect, place)],
            ...(isLimited ? { Condition } : {}),
          },
        ]),
    ...(onObjects.length === 0
      ? []
      : [
          {
            Sid,
            Effect: "Allow" as const,
            Action: onObjects,
            Resource: areas.map((area) => objects(dialect, place, area)),
          },
        ]),
  ];
}

function batchDelete({ dialect, place }: StatementRequest): Statement {
  const Resource = [bucketResource(dialect, place)];
  return { Sid: "SendBatchDeletes", Effect: "Allow", Action: ["s3:DeleteObject"], Resource };
}

/** Denies what would harm, in all of the bucket, but for what the role is granted under the same name. */
function guarding({ role, place, dialect }: StatementRequest): Statement[] {
  const own = namesGranted(role, dialect);
  const names = guardedRights.filter((right) => !hasAnywhere(role, right)).map((right) => dialect.vocabulary[right]);
  const denied = (pick: (each: (typeof names)[number]) => readonly string[]): readonly string[] =>
    unique(names.flatMap(pick)).filter((name) => !own.includes(name));
  return deny(
    ["Destroy", denied(({ object }) => object), [objects(dialect, place, "bucket")]],
    ["ChangeTheBucket", denied(({ bucket }) => bucket), [bucketResource(dialect, place)]],
  );
}

function conditional({ role, place, dialect }: StatementRequest): Statement[] {
  return dialect.conditionalDenies
    .filter(({ action, notFor }) => namesGranted(role, dialect).includes(action) && !notFor.includes(role))
    .map(({ name, action, condition }) => ({
      Sid: name,
      Effect: "Deny",
      Action: [action],
      Resource: [objects(dialect, place, "bucket")],
      Condition: condition,
    }));
}

/** Denies every right that the role has nowhere, and those that it has somewhere in the other parts of the repository. */
function narrowing({ role, place, dialect }: StatementRequest): Statement[] {
  const own = namesGranted(role, dialect);
  const never = rights.filter((right) => !hasAnywhere(role, right)).map((right) => dialect.vocabulary[right]);
  const onBucket = unique(never.flatMap(({ bucket }) => bucket)).filter((name) => !own.includes(name));
  const onObjects = unique(never.flatMap(({ object }) => object)).filter((name) => !own.includes(name));
  const partly = rights.filter((right) => hasAnywhere(role, right) && dialect.vocabulary[right].object.length > 0);
  const elsewhere = partly.flatMap((right) => {
    const areas = repositoryAreas.filter((area) => !isGranted(role, right, area));
    const Resource = areas.map((area) => objects(dialect, place, area));
    return deny([`${camelCase(right)}Elsewhere`, dialect.vocabulary[right].object, Resource]);
  });
  return [
    ...deny(
      ["AskTheBucketForMore", onBucket, [bucketResource(dialect, place)]],
      ["TouchMore", onObjects, [objects(dialect, place, "bucket")]],
    ),
    ...elsewhere,
  ];
}

function deny(...each: readonly (readonly [string, readonly string[], readonly string[]])[]): Statement[] {
  return each
    .filter(([, actions, resources]) => actions.length > 0 && resources.length > 0)
    .map(([name, Action, Resource]) => ({ Sid: `Never${name}`, Effect: "Deny", Action, Resource }));
}

/** Every action name that the role is given somewhere. */
function namesGranted(role: Role, { vocabulary }: Pick<Dialect, "vocabulary">): readonly string[] {
  const given = grantsOf[role].flatMap((grant) => grant.rights.map((right) => vocabulary[right]));
  return unique(given.flatMap(({ bucket, object }) => [...bucket, ...object]));
}

function hasAnywhere(role: Role, right: Right): boolean {
  return grantsOf[role].some((grant) => grant.rights.includes(right));
}

function bucketResource({ resourcePrefix }: Dialect, { bucket }: PolicyPlace): string {
  return `${resourcePrefix}${bucket}`;
}

function objects({ resourcePrefix }: Dialect, { bucket, prefix }: PolicyPlace, area: Area): string {
  if (area === "bucket") return `${resourcePrefix}${bucket}/*`;
  const within = area === "prefix" ? "*" : area.endsWith("/") ? `${area}*` : area;
  return `${resourcePrefix}${bucket}/${prefix}${within}`;
}

function camelCase(text: string): string {
  return text.replace(/(?:^|\s+)(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)];
}
