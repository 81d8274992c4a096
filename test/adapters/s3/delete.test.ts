import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { instantFromMilliseconds } from "../../../src/base/instant.ts";
import { objectKey, type ObjectKey } from "../../../src/base/object-key.ts";
import { versionId } from "../../../src/base/version-id.ts";
import type { DeleteMarker } from "../../../src/store/object-version.ts";
import { errorReply, type Script, type WireReply, type WireRequest } from "../../stores/scripted-s3.ts";
import { failureOf, scriptedStore } from "./scripted-store.ts";

const keys = (...names: readonly string[]): readonly ObjectKey[] => names.map(objectKey);

function marker(name: string, id: string): DeleteMarker {
  const row = { key: objectKey(name), versionId: versionId(id), isLatest: true, owner: null };
  return { kind: "marker", ...row, lastModified: instantFromMilliseconds(0) };
}

function result(...entries: readonly string[]): WireReply {
  return { body: `<?xml version="1.0"?><DeleteResult>${entries.join("")}</DeleteResult>` };
}

function deleted(name: string, ids = ""): string {
  return `<Deleted><Key>${name}</Key>${ids}</Deleted>`;
}

function refused(name: string, code: string, ids = ""): string {
  return `<Error><Key>${name}</Key>${ids}<Code>${code}</Code><Message>no</Message></Error>`;
}

const entriesOf = ({ body }: WireRequest): readonly string[] =>
  Array.from(body.toString().matchAll(/<Key>(.*?)<\/Key>/g), ([, name = ""]) => name);

/** Does what it is asked. */
const obedient: Script = (request) =>
  request.method === "POST" ? result(...entriesOf(request).map((name) => deleted(name))) : { status: 204 };

describe("hide(), liftMarkers() and destroyVersions()", () => {
  it("tell the fate of each entry, that of one which the reply does not mention, and the marker's id", async () => {
    const { store, requests } = await scriptedStore(() =>
      result(
        deleted("a", "<DeleteMarker>true</DeleteMarker><DeleteMarkerVersionId>m1</DeleteMarkerVersionId>"),
        refused("b", "AccessDenied"),
        refused("c", "InternalError", "<VersionId>null</VersionId>"),
      ),
    );
    expect(await store.hide(keys("a", "b", "c", "d"))).toEqual([
      { key: "a", versionId: "m1", error: null },
      { key: "b", versionId: null, error: { code: "AccessDenied", message: "no" } },
      { key: "c", versionId: null, error: { code: "InternalError", message: "no" } },
      { key: "d", versionId: null, error: { code: "NotMentioned", message: "the reply does not mention it" } },
    ]);
    expect(requests.map(({ method, query }) => [method, query.has("delete")])).toEqual([["POST", true]]);
  });

  it("tell versions of one key apart, and count what is gone already as done", async () => {
    const { store, requests } = await scriptedStore(() =>
      result(
        deleted("a", "<VersionId>1</VersionId>"),
        refused("a", "AccessDenied", "<VersionId>2</VersionId>"),
        refused("a", "NoSuchVersion", "<VersionId>3</VersionId>"),
      ),
    );
    const outcomes = await store.liftMarkers([marker("a", "1"), marker("a", "2"), marker("a", "3")]);
    expect(outcomes.map(({ versionId: id, error }) => [id, error?.code ?? null])).toEqual([
      ["1", null],
      ["2", "AccessDenied"],
      ["3", null],
    ]);
    expect(requests[0]?.body.toString()).toContain("<Key>a</Key><VersionId>2</VersionId>");
  });

  it("send nothing when one id of a batch is null", async () => {
    const { store, requests } = await scriptedStore(obedient);
    expect(await failureOf(store.liftMarkers([marker("a", "1"), marker("b", "null")]))).toMatchObject({
      kind: "refused",
      subject: "b",
    });
    expect(requests).toEqual([]);
  });

  it.each([
    ["a refusal of the whole", errorReply(403, "AccessDenied"), "store-denied"],
    ["a server's error", errorReply(500, "InternalError"), "store-unreachable"],
    ["an error under status 200", errorReply(200, "InternalError"), "store-unreachable"],
    ["a proxy's HTML", { body: "<html><body>Log in</body></html>" }, null],
  ])("fail, or tell every entry, on %s", async (_, reply, kind) => {
    const { store, requests } = await scriptedStore(() => reply);
    if (kind === null) {
      expect((await store.hide(keys("a", "b"))).map(({ error }) => error?.code)).toEqual([
        "NotMentioned",
        "NotMentioned",
      ]);
    } else {
      expect(await failureOf(store.hide(keys("a")))).toMatchObject({ kind, subject: "backups/home" });
    }
    expect(requests).toHaveLength(1);
  });

  it("send keys that no XML can hold one by one, and the rest together", async () => {
    const { store, requests } = await scriptedStore(obedient);
    const outcomes = await store.hide(keys("a", "b\u0001", "c", "d\u001f"));
    expect(outcomes.map(({ key, error }) => [key, error])).toEqual([
      ["a", null],
      ["c", null],
      ["b\u0001", null],
      ["d\u001f", null],
    ]);
    expect(requests.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual([
      "DELETE /backups/b%01",
      "DELETE /backups/d%1F",
      "POST /backups/",
    ]);
  });
});

describe("batch-delete-limit", () => {
  const many = Array.from({ length: 1001 }, (_, n) => objectKey(`k${n.toString()}`));
  it.each<[string, Parameters<typeof scriptedStore>[1], readonly number[]]>([
    ["unknown: as many as S3 takes", {}, [1000, 1]],
    ["600", { facts: { batchDeleteLimit: 600 } }, [600, 401]],
  ])("%s", async (_, options, sizes) => {
    const { store, requests } = await scriptedStore(obedient, options);
    expect(await store.hide(many)).toHaveLength(1001);
    expect(requests.map((request) => entriesOf(request).length)).toEqual(sizes);
  });

  it("1: sends single deletes, and tells the fate of each", async () => {
    const script: Script = ({ path }) => {
      if (path.endsWith("/b")) return errorReply(403, "AccessDenied");
      if (path.endsWith("/c")) return errorReply(404, "NoSuchKey");
      return { status: 204, headers: { "x-amz-version-id": "m1", "x-amz-delete-marker": "true" } };
    };
    const { store, requests } = await scriptedStore(script, { facts: { batchDeleteLimit: 1 } });
    expect(await store.hide(keys("a", "b", "c"))).toEqual([
      { key: "a", versionId: "m1", error: null },
      { key: "b", versionId: null, error: { code: "AccessDenied", message: "in the store's words" } },
      { key: "c", versionId: null, error: null },
    ]);
    expect(new Set(requests.map(({ method }) => method))).toEqual(new Set(["DELETE"]));
  });

  it("1: fails as a whole on what is wrong with every request", async () => {
    const { store } = await scriptedStore(() => errorReply(403, "RequestTimeTooSkewed"), {
      facts: { batchDeleteLimit: 1 },
    });
    expect(await failureOf(store.hide(keys("a", "b")))).toMatchObject({ kind: "clock-skewed" });
  });

  const without: Script = ({ method }) => (method === "POST" ? errorReply(501, "NotImplemented") : { status: 204 });

  it("unknown: sends single deletes to a store that answers 501 to a batch", async () => {
    const { store, requests } = await scriptedStore(without);
    expect((await store.liftMarkers([marker("a", "1"), marker("b", "2")])).map(({ error }) => error)).toEqual([
      null,
      null,
    ]);
    expect(
      requests
        .slice(1)
        .map(({ path, query }) => `${path} ${query.get("versionId") ?? ""}`)
        .toSorted(),
    ).toEqual(["/backups/a 1", "/backups/b 2"]);
  });

  it("known: takes a 501 for what it is", async () => {
    const { store } = await scriptedStore(without, { facts: { batchDeleteLimit: 1000 } });
    expect(await failureOf(store.hide(keys("a")))).toMatchObject({ kind: "store-misbehaves" });
  });
});

describe("batch-delete-checksum", () => {
  const md5 = ({ body }: WireRequest): string => createHash("md5").update(body).digest("base64");
  const checksumsOf = ({ headers }: WireRequest): readonly string[] =>
    Object.keys(headers).filter((name) => name.includes("checksum"));

  it("crc32: sends the SDK's own and no MD5", async () => {
    const { store, requests } = await scriptedStore(obedient, { facts: { batchDeleteChecksum: "crc32" } });
    await store.hide(keys("a"));
    expect(requests.flatMap(checksumsOf)).toContain("x-amz-checksum-crc32");
    expect(requests[0]?.headers["content-md5"]).toBeUndefined();
  });

  it.each<[string, Parameters<typeof scriptedStore>[1]]>([
    ["md5", { facts: { batchDeleteChecksum: "md5" } }],
    ["unknown", {}],
  ])("%s: sends Content-MD5 of the body, signed, and no other", async (_, options) => {
    const { store, requests } = await scriptedStore(obedient, options);
    await store.hide(keys("a", "ü&<"));
    const [request] = requests;
    if (request === undefined) throw new Error("nothing was sent");
    expect(request.headers["content-md5"]).toBe(md5(request));
    expect(request.headers.authorization).toContain("content-md5");
    expect(checksumsOf(request)).toEqual([]);
  });
});
