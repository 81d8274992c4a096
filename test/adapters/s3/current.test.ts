import { describe, expect, it } from "vitest";
import type { PurgingStore } from "../../../src/store/versioned-store.ts";
import { errorReply, type WireReply } from "../../stores/scripted-s3.ts";
import { failureOf, scriptedStore } from "./scripted-store.ts";

interface Page {
  readonly keys: readonly string[];
  readonly next?: string;
  readonly isTruncated?: boolean;
  readonly encodingType?: "url";
}

function page({ keys, next, isTruncated = next !== undefined, encodingType }: Page): WireReply {
  const rows = keys.map(
    (key) =>
      `<Contents><Key>${key}</Key><LastModified>2026-11-20T03:00:00.123Z</LastModified><ETag>&quot;e&quot;</ETag><Size>3</Size></Contents>`,
  );
  const token = next === undefined ? "" : `<NextContinuationToken>${next}</NextContinuationToken>`;
  const encoding = encodingType === undefined ? "" : `<EncodingType>${encodingType}</EncodingType>`;
  const head = `<Name>backups</Name><IsTruncated>${isTruncated}</IsTruncated>${encoding}${token}`;
  return { body: `<?xml version="1.0"?><ListBucketResult>${head}${rows.join("")}</ListBucketResult>` };
}

async function keysOf(store: PurgingStore, prefix = ""): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of store.listCurrent(prefix)) keys.push(key);
  return keys;
}

describe("listCurrent()", () => {
  it("goes on with the store's token until it says that nothing follows", async () => {
    const { store, requests } = await scriptedStore((_, n) =>
      n === 0 ? page({ keys: ["data/a"], next: "t/1+" }) : page({ keys: ["data/b"] }),
    );
    const rows = [];
    for await (const row of store.listCurrent("data/")) rows.push(row);
    expect(rows).toEqual([
      { key: "data/a", lastModified: Date.parse("2026-11-20T03:00:00.123Z"), size: 3, etag: "e" },
      { key: "data/b", lastModified: Date.parse("2026-11-20T03:00:00.123Z"), size: 3, etag: "e" },
    ]);
    expect(requests.map(({ query }) => [query.get("prefix"), query.get("continuation-token")])).toEqual([
      ["data/", null],
      ["data/", "t/1+"],
    ]);
  });

  it.each([
    [
      "decodes keys where the page says that they are encoded",
      page({ keys: ["a%20b%2Bc+d"], encodingType: "url" }),
      "a b+c d",
    ],
    ["leaves them where it does not", page({ keys: ["a%20b+c"] }), "a%20b+c"],
    ["keeps what is no encoding", page({ keys: ["100%"], encodingType: "url" }), "100%"],
    ["keeps spaces at both ends", page({ keys: ["  a  "] }), "  a  "],
    ["keeps what looks like a number", page({ keys: ["007"] }), "007"],
  ])("%s", async (_, reply, key) => {
    const { store } = await scriptedStore(() => reply);
    expect(await keysOf(store)).toEqual([key]);
  });

  it.each([
    ["keys that go back", page({ keys: ["b", "a"] }), 'goes back from "b" to "a"'],
    ["a key twice", page({ keys: ["a", "a"] }), 'goes back from "a" to "a"'],
    ["a page that is truncated without a token", page({ keys: ["a"], isTruncated: true }), "not from where"],
    ["a token that stays", page({ keys: [], next: "t" }), "not from where"],
    ["cut XML", { body: (page({ keys: ["a", "b"] }).body ?? "").slice(0, -60) }, ""],
    ["cut XML after a whole row", { body: (page({ keys: ["a", "b"] }).body ?? "").slice(0, -19) }, ""],
    ["a proxy's HTML", { body: "<html><body>Log in</body></html>" }, "does not say whether more follows"],
    ["nothing", {}, "does not say whether more follows"],
  ])("fails with `store-misbehaves` on %s", async (_, reply, problem) => {
    const { store } = await scriptedStore(() => reply);
    const failure = await failureOf(keysOf(store));
    expect(failure).toMatchObject({ kind: "store-misbehaves" });
    expect(failure.problem).toContain(problem);
  });

  it("takes an error under status 200 for what it says", async () => {
    const { store } = await scriptedStore(() => errorReply(200, "AccessDenied"));
    expect(await failureOf(keysOf(store))).toMatchObject({ kind: "store-denied", subject: "backups/home" });
  });
});
