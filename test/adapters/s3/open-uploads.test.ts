import { describe, expect, it } from "vitest";
import { errorReply, type Script, type WireReply } from "../../stores/scripted-s3.ts";
import { failureOf, scriptedStore, type ScriptedOptions } from "./scripted-store.ts";

interface Next {
  readonly key?: string;
  readonly id?: string;
}

const upload = (key: string, id: string): string =>
  `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>2026-11-20T03:00:00.000Z</Initiated></Upload>`;

function page(uploads: readonly string[], next: Next | null = null): WireReply {
  const { key, id } = next ?? {};
  const markers = `${key === undefined ? "" : `<NextKeyMarker>${key}</NextKeyMarker>`}${id === undefined ? "" : `<NextUploadIdMarker>${id}</NextUploadIdMarker>`}`;
  return {
    body: `<ListMultipartUploadsResult><Bucket>backups</Bucket><IsTruncated>${next !== null}</IsTruncated>${markers}${uploads.join("")}</ListMultipartUploadsResult>`,
  };
}

async function opened(script: Script, options: ScriptedOptions = {}) {
  const { store, requests } = await scriptedStore(script, options);
  return { open: await store.openUploads("home/"), requests };
}

describe("openUploads()", () => {
  it("reads every page, sends both markers on, and keeps what stands under the prefix", async () => {
    const pages = [
      page([upload("a", "1"), upload("home/a&amp;b", "2")], { key: "home/a&amp;b", id: "2" }),
      page([upload("home/a&amp;b", "3"), upload("homes/x", "4")]),
    ];
    const { open, requests } = await opened((_, n) => pages[n] ?? page([]));
    expect(open).toMatchObject([
      { key: "home/a&b", uploadId: "2", initiated: Date.parse("2026-11-20T03:00:00Z") },
      { key: "home/a&b", uploadId: "3" },
    ]);
    expect(requests.map(({ query }) => [query.get("key-marker"), query.get("upload-id-marker")])).toEqual([
      [null, null],
      ["home/a&b", "2"],
    ]);
    expect(requests.map(({ query }) => query.get("prefix") ?? "")).toEqual(["", ""]);
  });

  it.each<[string, WireReply, ScriptedOptions]>([
    ["a store without such a list", errorReply(501, "NotImplemented"), {}],
    ["a key that may not read it", errorReply(403, "AccessDenied"), {}],
    ["an empty list of a store that forgets", page([]), { facts: { uploadListing: "forgetful" } }],
    [
      "a list without one under the prefix of a store that forgets",
      page([upload("a", "1")]),
      { facts: { uploadListing: "forgetful" } },
    ],
  ])("cannot tell by %s", async (_, reply, options) => {
    expect((await opened(() => reply, options)).open).toBeNull();
  });

  it.each<[string, ScriptedOptions, number]>([
    ["complete", { facts: { uploadListing: "complete" } }, 0],
    ["unknown", {}, 0],
  ])("takes an empty list for none where the listing is %s", async (_, options, count) => {
    expect((await opened(() => page([]), options)).open).toHaveLength(count);
  });

  it("tells those that a store which forgets does name", async () => {
    const options = { facts: { uploadListing: "forgetful" } } as const;
    expect((await opened(() => page([upload("home/a", "1")]), options)).open).toMatchObject([{ key: "home/a" }]);
  });

  it("asks nothing where the profile says that there is no list", async () => {
    const { open, requests } = await opened(() => page([]), { facts: { uploadListing: "none" } });
    expect([open, requests]).toEqual([null, []]);
  });

  it.each<[string, Script, string]>([
    ["stands still", () => page([upload("a", "1")], { key: "a", id: "1" }), "comes back to"],
    ["goes in a circle", (_, n) => page([], { key: n % 2 === 0 ? "a" : "b", id: "1" }), "comes back to"],
    ["does not say from where to go on", () => page([upload("a", "1")], {}), "not from where"],
    [
      "has an upload without an id",
      () => page(["<Upload><Key>a</Key><Initiated>2026-11-20T03:00:00Z</Initiated></Upload>"]),
      "no key, id or date",
    ],
    [
      "has an upload without a date",
      () => page(["<Upload><Key>a</Key><UploadId>1</UploadId></Upload>"]),
      "no key, id or date",
    ],
  ])("fails when the list %s", async (_, script, problem) => {
    const { store } = await scriptedStore(script);
    const failure = await failureOf(store.openUploads("home/"));
    expect(failure).toMatchObject({ kind: "store-misbehaves", subject: "backups/home" });
    expect(failure.problem).toContain(problem);
  });

  it.each([
    ["a wrong signature", errorReply(403, "SignatureDoesNotMatch"), "store-denied"],
    ["a missing bucket", errorReply(404, "NoSuchBucket"), "no-repository"],
  ])("throws %s: that is no way to say nothing", async (_, reply, kind) => {
    const { store } = await scriptedStore(() => reply);
    expect(await failureOf(store.openUploads(""))).toMatchObject({ kind, action: "list the open uploads of" });
  });
});
