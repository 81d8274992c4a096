import { describe, expect, it } from "vitest";
import { errorReply, type Script, type WireReply } from "../../stores/scripted-s3.ts";
import { failureOf, scriptedStore } from "./scripted-store.ts";

const invalid = errorReply(400, "InvalidArgument");
const gone: WireReply = { status: 204 };

/** Says that an id is none unless it has this form. */
const takes =
  (form: RegExp, reply: WireReply): Script =>
  ({ query }) =>
    form.test(query.get("versionId") ?? "") ? reply : invalid;

const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;
const thirtyTwo = /^[0-9a-f]{32}$/;
const ulid = /^01[0-9A-HJKMNP-TV-Z]{24}$/;

describe("mayLiftMarkers()", () => {
  it("deletes one version that never was, of a canary that never was, under the prefix", async () => {
    const { store, requests } = await scriptedStore(() => gone);
    expect(await store.mayLiftMarkers("home/")).toBe(true);
    expect(await store.mayLiftMarkers("home/")).toBe(true);
    expect(requests.map(({ method }) => method)).toEqual(["DELETE", "DELETE"]);
    for (const { path } of requests) expect(path).toMatch(/^\/backups\/home\/holdfast-canary\/[0-9a-f-]{36}$/);
    for (const { query } of requests) expect(query.get("versionId")).toMatch(uuid);
    expect(requests[0]?.path).not.toBe(requests[1]?.path);
    expect(requests[0]?.query.get("versionId")).not.toBe(requests[1]?.query.get("versionId"));
  });

  it.each<[string, Script, boolean, number]>([
    ["no such version", () => errorReply(404, "NoSuchVersion"), true, 1],
    ["no such key", () => errorReply(404, "NoSuchKey"), true, 1],
    ["a refusal", () => errorReply(403, "AccessDenied"), false, 1],
    ["a guard's refusal without XML", () => ({ status: 403, body: "<html>no</html>" }), false, 1],
    ["that it takes only UUIDs, and those", takes(uuid, gone), true, 1],
    ["that it takes only ids of 32 letters, and refuses", takes(thirtyTwo, errorReply(403, "AccessDenied")), false, 2],
    ["that it takes only ids of 32 letters, and those", takes(thirtyTwo, gone), true, 2],
    ["that it takes only ULIDs, and those", takes(ulid, gone), true, 3],
  ])("reads the answer of a store that says %s", async (_, script, expected, count) => {
    const { store, requests } = await scriptedStore(script);
    expect(await store.mayLiftMarkers("")).toBe(expected);
    expect(requests).toHaveLength(count);
  });

  it.each<[string, Script, string, number]>([
    ["that takes no id", () => invalid, "store-misbehaves", 3],
    ["that does not know the key", () => errorReply(403, "InvalidAccessKeyId"), "store-denied", 1],
    ["that does not take the signature", () => errorReply(403, "SignatureDoesNotMatch"), "store-denied", 1],
    ["that has no such bucket", () => errorReply(404, "NoSuchBucket"), "no-repository", 1],
    ["that asks to come back later", () => errorReply(503, "SlowDown"), "store-unreachable", 1],
  ])("throws what is neither yes nor no: a store %s", async (_, script, kind, count) => {
    const { store, requests } = await scriptedStore(script);
    const failure = await failureOf(store.mayLiftMarkers("home/"));
    expect(failure).toMatchObject({ kind, subject: "backups/home", action: "try to lift a delete marker of" });
    expect(requests).toHaveLength(count);
  });
});
