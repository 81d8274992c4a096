import { createHmac, randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { LocalKey } from "../../src/adapters/local-store/local-store.ts";
import { keyFromSts } from "../../src/adapters/local-store/minio.ts";
import { administerBucket } from "../../src/adapters/s3/bucket-administration.ts";
import { openS3Store } from "../../src/adapters/s3/s3-store.ts";
import { Secret } from "../../src/base/secret.ts";
import { operateBucket } from "../stores/bucket-operator.ts";
import { openTestStore, realStores, s3Access } from "../stores/real-stores.ts";
import { bytes, currentKeys, key, rowsOf, shapeOf, textAt } from "./bucket.ts";
import { duringTheTests, makeBucket } from "./real-store.ts";
import { copiesWithAllThatBelongs } from "./copying.ts";
import { keepsToWhatItSaidOfLifting } from "./lifting.ts";
import { isAsItsProfileSays } from "./profile.ts";
import { tellsItsSettingsToEachKey } from "./real-settings.ts";
import { refusesByName } from "./refusals.ts";
import { keepsThePromisesOfAVersionedStore } from "./versioned-store.ts";

const [, minio] = realStores();
const refused = ["under/../way", "double//slash"];
const changed = ["/leading slash", "ends in a slash/"];

describe.skipIf(!minio.isHere)("MinIO", () => {
  const local = duringTheTests(minio);
  const versioned = async () => {
    const { store } = await makeBucket(local());
    await store.enableVersioning();
    return store;
  };

  keepsThePromisesOfAVersionedStore({
    makeBucket: async () => await makeBucket(local()),
    otherKeys: [...refused, ...changed],
  });
  refusesByName(local);
  isAsItsProfileSays(local);
  tellsItsSettingsToEachKey(local);
  keepsToWhatItSaidOfLifting(local);
  copiesWithAllThatBelongs(local);

  it("tells the prefixes that its versioning leaves out", async () => {
    const access = s3Access(local(), local().owner, "excluding");
    await administerBucket(access).createBucket();
    const excluded = ["home/data/", "a&b/"].map(
      (each) => `<ExcludedPrefixes><Prefix>${escaped(each)}</Prefix></ExcludedPrefixes>`,
    );
    await operateBucket(access).putVersioning(
      `<VersioningConfiguration><Status>Enabled</Status>${excluded.join("")}</VersioningConfiguration>`,
    );
    const store = openS3Store(access);
    expect(await store.versioning()).toBe("enabled");
    const { versioning } = await store.settings();
    expect(versioning).toMatchObject({ kind: "set", value: { excludedPrefixes: ["home/data/", "a&b/"] } });
  });

  it.each([
    ["of a hidden key", "<DelMarkerExpiration><Days>1</Days></DelMarkerExpiration>", { currentDays: null }],
    [
      "of any key",
      "<Expiration><Days>1</Days><ExpiredObjectAllVersions>true</ExpiredObjectAllVersions></Expiration>",
      { currentDays: 1 },
    ],
  ])("tells the days of a rule of its own that destroys all versions %s", async (_, words, also) => {
    const access = s3Access(local(), local().owner, `rule-${randomUUID()}`);
    await administerBucket(access).createBucket();
    const store = openS3Store(access);
    await store.enableVersioning();
    await operateBucket(access).putLifecycle(
      `<LifecycleConfiguration><Rule><ID>thief</ID><Status>Enabled</Status><Filter><Prefix>home/</Prefix></Filter>${words}</Rule></LifecycleConfiguration>`,
    );
    const { lifecycle } = await store.settings();
    const rule = { id: "thief", isEnabled: true, prefix: "home/", noncurrentDays: 1, ...also };
    expect(lifecycle).toMatchObject({ kind: "set", value: { rules: [rule] } });
  });

  it("says that it cannot tell the open uploads, not that there are none, since it forgets them", async () => {
    const store = await versioned();
    expect(await store.openUploads("")).toBeNull();
  });

  it.each(refused)("does not take the key %j, which is told in its words", async (name) => {
    const store = await versioned();
    await expect(store.put(key(name), bytes("1"))).rejects.toMatchObject({
      kind: "store-misbehaves",
      subject: name,
      problem: expect.stringMatching(/^the store says: \S.*name.* \(XMinio\w+\)$/) as string,
    });
    expect(await rowsOf(store)).toEqual([]);
  });

  it("keeps a key that begins with a slash without it", async () => {
    const store = await versioned();
    await store.put(key("/a"), bytes("1"));
    expect(shapeOf(await rowsOf(store))).toEqual(["a version latest"]);
  });

  it("keeps no versions of a key that ends in a slash: hidden is gone", async () => {
    const store = await versioned();
    await store.put(key("a/"), bytes("1"));
    await store.put(key("a/"), bytes("2"));
    expect(await textAt(store, "a/")).toBe("2");
    expect(await store.hide([key("a/")])).toMatchObject([{ error: null }]);
    expect(await rowsOf(store)).toEqual([]);
  });

  it.each([
    ["a session token that is none", () => "not-a-token", /^the store does not take the session token/],
    ["no session token beside a key that needs one", () => null, /access key|session token/],
    ["a session token that has expired", expired, /session token.*expired/],
  ])("tells %s", async (_, spoil, problem) => {
    const bucket = "tokens";
    await openTestStore(local(), bucket);
    const { endpoint, owner } = local();
    const writer = await keyFromSts(endpoint, owner, { role: "writer", bucket, prefix: "" });
    expect(await listed(writer)).toEqual([]);
    const token = spoil(writer.sessionToken?.reveal() ?? "", local().owner.secretKey.reveal());
    const spoilt = { ...writer, sessionToken: token === null ? null : new Secret(token) };
    await expect(listed(spoilt)).rejects.toMatchObject({
      kind: "store-denied",
      subject: bucket,
      problem: expect.stringMatching(problem) as string,
    });
  });

  async function listed(writer: LocalKey): Promise<readonly string[]> {
    return await currentKeys(openS3Store(s3Access(local(), writer, "tokens")));
  }
});

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;");
}

/** The same token with an end in the past, signed as MinIO signs it. */
function expired(token: string, secret: string): string {
  const [header = "", payload = ""] = token.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as Readonly<Record<string, unknown>>;
  const past = Buffer.from(JSON.stringify({ ...claims, exp: 1_700_000_000 })).toString("base64url");
  const signature = createHmac("sha512", secret).update(`${header}.${past}`).digest("base64url");
  return `${header}.${past}.${signature}`;
}
