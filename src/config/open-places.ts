import { nearestWord } from "../base/nearest-word.ts";
import { backupSchema } from "./backup-schema.ts";
import { retentionSchema } from "./retention-schema.ts";
import { configurationSchema } from "./schema.ts";

// What a message may show of a file. Everything else may be a secret, put where none belongs.

/** The keys of a repository whose values are no place for a secret. */
const openKeys = ["provider", "region", "bucket-lookup", "ca-file", "recovery-window"];

/** The maps in which the value of every known key, or of one that is nearly known, is no place for a secret either. */
const openMaps: ReadonlyMap<string, readonly string[]> = new Map([
  ["backup", Object.keys(backupSchema.shape)],
  ["retention", Object.keys(retentionSchema.shape)],
]);

/** Whether the map at the path is one whose keys are words of the configuration, or slips of such words. */
export function isOpenMap([top, , key, ...more]: readonly string[]): boolean {
  if (top === undefined) return true;
  if (top !== "repositories") return false;
  return key === undefined || (key === "keys" && more.length <= 1) || (openMaps.has(key) && more.length === 0);
}

/** Locations without a user name and a query, the places of a secret put there by mistake: host, port and path, or a folder. */
const plainLocation = [
  /^(?:s3:|rest:)?(?:https?:)?\/\/[\w.-]+(?::\d+)?(?:\/[^@?#\s]*)?$/,
  /^(?:s3:)?[\w.-]+(?::\d+)?\/[^@?#\s]*$/,
  /^\/[^/@?#\s][^@?#\s]*$/,
];

/** Whether `value`, which stands at the path, lists not counted, may be shown. */
export function isOpenValue([top, , key = "", word, ...more]: readonly string[], value: unknown): boolean {
  if (top !== "repositories" || more.length > 0) return false;
  if (key === "location" && word === undefined)
    return typeof value === "string" && plainLocation.some((form) => form.test(value));
  return word === undefined ? openKeys.includes(key) : nearestWord(word, openMaps.get(key) ?? []) !== null;
}

/** Whether it is a key of the definition, wherever it stands: all that can be said of a text that is no YAML. */
export function isWordOfDefinition(word: string): boolean {
  return wordsOf(configurationSchema()).includes(word);
}

function wordsOf(node: unknown): readonly string[] {
  if (typeof node !== "object" || node === null) return [];
  const properties: unknown = "properties" in node ? node.properties : null;
  const own = typeof properties === "object" && properties !== null ? Object.entries(properties) : [];
  const inner = own.flatMap(([name, child]) => [name, ...wordsOf(child)]);
  return "additionalProperties" in node ? [...inner, ...wordsOf(node.additionalProperties)] : inner;
}
