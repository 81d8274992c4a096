import type { Role } from "../../base/role.ts";
import { covers, grantsOf, isGranted, repositoryAreas, rights, type Area, type Right } from "../rights.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** How finely a provider can say where a right holds. */
export interface Fineness {
  readonly vocabulary: Vocabulary;
  /** Rights that come along with another, whatever the names. */
  readonly comesWith: Readonly<Partial<Record<Right, Right>>>;
  /** Whether a listing can be limited to a prefix. */
  readonly limitsListings: boolean;
  /** Whether a right to objects can be limited to a part of the repository, or holds in all of it. */
  readonly limitsParts: boolean;
}

/** A right that comes along with what is granted, because the provider has one name for both. */
export interface Loss {
  readonly right: Right;
  readonly area: Area;
}

/** What a role can do with its key beyond `grantsOf`, as far as names and places alone bring it about. */
export function lossesOf(role: Role, fineness: Fineness): readonly Loss[] {
  const areas: readonly Area[] = ["bucket", "prefix", ...repositoryAreas];
  const lost = rights.flatMap((right) =>
    areas
      .filter((area) => isAskedOf(right, area, fineness))
      .filter((area) => !isGranted(role, right, area) && isGivenAnyway({ role, right, area }, fineness))
      .map((area) => ({ right, area })),
  );
  return lost.filter(
    ({ right, area }) =>
      !lost.some((wider) => wider.right === right && wider.area !== area && covers(wider.area, area)),
  );
}

/** Rights to the bucket hold in the bucket, rights to objects below the prefix; where a whole key is limited, so are its listings. */
function isAskedOf(right: Right, area: Area, { vocabulary, limitsParts }: Fineness): boolean {
  const isWhole = isListing(right) ? limitsParts : vocabulary[right].bucket.length > 0;
  return isListing(right) && !isWhole ? area === "prefix" : isWhole === (area === "bucket");
}

function isListing(right: Right): boolean {
  return right.startsWith("list ");
}

function isGivenAnyway(
  { role, right, area }: Loss & { readonly role: Role },
  { vocabulary, comesWith, limitsListings, limitsParts }: Fineness,
): boolean {
  const { bucket, object } = vocabulary[comesWith[right] ?? right];
  if (bucket.length + object.length === 0) return false;
  const widened = (granted: Right, each: Area): Area => {
    if (isListing(granted)) return limitsListings ? each : "bucket";
    return each === "bucket" || limitsParts ? each : "prefix";
  };
  return [...bucket, ...object].every((name) =>
    grantsOf[role].some((grant) =>
      grant.rights.some((granted) => {
        const names = vocabulary[granted];
        if (![...names.bucket, ...names.object].includes(name)) return false;
        return grant.areas.some((each) => covers(widened(granted, each), area));
      }),
    ),
  );
}

const words: Readonly<Partial<Record<Right, string>>> = {
  "list current": "list the names of objects",
  "list versions": "list versions",
  "list uploads": "list open uploads",
  "read current": "read objects",
  "read version": "read older versions",
  put: "put objects",
  hide: "hide objects",
  "lift marker": "lift delete markers",
  "destroy version": "destroy versions",
  "abort upload": "abort uploads",
};

/** As it follows "this key can also": `hide objects in all of the repository`. */
export function lossText({ right, area }: Loss): string {
  return `${words[right] ?? right} ${placeText(area)}`;
}

function placeText(area: Area): string {
  if (area === "bucket") return "in all of the bucket";
  if (area === "prefix") return "in all of the repository";
  return area.endsWith("/") ? `under ${area}` : `as ${area}`;
}
