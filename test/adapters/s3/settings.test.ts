import { describe, expect, it } from "vitest";
import type { BucketSettings } from "../../../src/store/bucket-settings.ts";
import { errorReply, type Script, type WireReply, type WireRequest } from "../../stores/scripted-s3.ts";
import { failureOf, scriptedStore, secretKey } from "./scripted-store.ts";

type Name = keyof BucketSettings;

const parameters: Readonly<Record<Name, string>> = {
  lifecycle: "lifecycle",
  policy: "policy",
  objectLock: "object-lock",
  replication: "replication",
  encryption: "encryption",
  versioning: "versioning",
};
const names = Object.keys(parameters) as readonly Name[];

/** Answers one setting so, and says of the others that they are not there. */
function only(name: Name, reply: WireReply): Script {
  return ({ query }: WireRequest) =>
    query.has(parameters[name]) ? reply : errorReply(404, "NoSuchLifecycleConfiguration");
}

async function setting<N extends Name>(name: N, reply: WireReply): Promise<BucketSettings[N]> {
  const { store } = await scriptedStore(only(name, reply));
  return (await store.settings())[name];
}

const none = { kind: "none" };
const unsupported = { kind: "unsupported" };
const unreadable = (problem: RegExp) => ({ kind: "unreadable", problem: expect.stringMatching(problem) as string });

describe("settings()", () => {
  it("asks for each once, by the bucket", async () => {
    const { store, requests } = await scriptedStore(() => errorReply(404, "NoSuchBucketPolicy"));
    expect(await store.settings()).toEqual(Object.fromEntries(names.map((name) => [name, none])));
    expect(requests.map(({ method, path }) => `${method} ${path.replace(/\/$/, "")}`)).toEqual(
      names.map(() => "GET /backups"),
    );
    const asked = requests.map(({ query }) => [...query.keys()][0]);
    expect(asked.toSorted()).toEqual(Object.values(parameters).toSorted());
  });

  it.each<[string, Name, WireReply, unknown]>([
    ["no policy", "policy", errorReply(404, "NoSuchBucketPolicy"), none],
    ["no lock", "objectLock", errorReply(404, "ObjectLockConfigurationNotFoundError"), none],
    ["no replication", "replication", errorReply(404, "ReplicationConfigurationNotFoundError"), none],
    ["no encryption", "encryption", errorReply(404, "ServerSideEncryptionConfigurationNotFoundError"), none],
    [
      "replication without a rule",
      "replication",
      { body: "<ReplicationConfiguration><Role></Role></ReplicationConfiguration>" },
      none,
    ],
    ["versioning that was never on", "versioning", { body: "<VersioningConfiguration/>" }, none],
    ["a lock that is not on", "objectLock", { body: "<ObjectLockConfiguration></ObjectLockConfiguration>" }, none],
    ["a lifecycle without a rule", "lifecycle", { body: "<LifecycleConfiguration></LifecycleConfiguration>" }, none],
    ["NotImplemented", "lifecycle", errorReply(501, "NotImplemented"), unsupported],
    ["501 of another name", "policy", errorReply(501, "A header you provided implies functionality"), unsupported],
    ["MethodNotAllowed", "replication", errorReply(405, "MethodNotAllowed"), unsupported],
    [
      "a listing where Ceph does not know the setting",
      "encryption",
      { body: "<ListBucketResult><Name>backups</Name></ListBucketResult>" },
      unsupported,
    ],
    [
      "a refusal",
      "lifecycle",
      errorReply(403, "AccessDenied"),
      unreadable(/^the store refused the key \(AccessDenied\)$/),
    ],
    [
      "a guard's refusal without XML",
      "policy",
      { status: 403, body: "<html>no</html>" },
      unreadable(/refused the key/),
    ],
    ["an error nobody knows", "lifecycle", errorReply(400, "OddError"), unreadable(/in the store's words/)],
    ["a 404 that is none of S3's", "policy", { status: 404, body: "nothing here" }, unreadable(/404/)],
    ["XML that is cut", "lifecycle", { body: "<LifecycleConfiguration><Rule><ID>a</ID>" }, unreadable(/cut off/)],
    ["a page of HTML", "versioning", { body: "<html><body>Log in</body></html>" }, unreadable(/it is a html, not a V/)],
    ["nothing", "objectLock", {}, unreadable(/it is no XML/)],
    [
      "a number that is none",
      "lifecycle",
      { body: rule("<Expiration><Days>soon</Days></Expiration>") },
      unreadable(/Expiration\/Days is "soon"/),
    ],
  ])("takes %s for what it is, and the other settings for themselves", async (_, name, reply, expected) => {
    const { store } = await scriptedStore(only(name, reply));
    const settings = await store.settings();
    expect(settings[name]).toEqual(expected);
    for (const other of names) if (other !== name) expect(settings[other]).toEqual(none);
  });

  it.each<[string, WireReply, string]>([
    ["a bucket that is not there", errorReply(404, "NoSuchBucket"), "no-repository"],
    ["a wrong signature", errorReply(403, "SignatureDoesNotMatch"), "store-denied"],
    ["a key that nobody knows", errorReply(403, "InvalidAccessKeyId"), "store-denied"],
    ["a token that has expired", errorReply(400, "ExpiredToken"), "store-denied"],
    ["another time of day", errorReply(403, "RequestTimeTooSkewed"), "clock-skewed"],
  ])("throws %s, which befalls every setting", async (_, reply, kind) => {
    const { store } = await scriptedStore(() => reply);
    const failure = await failureOf(store.settings());
    expect(failure).toMatchObject({ kind, action: "read the settings of", subject: "backups/home" });
  });

  it("shows no secret in what cannot be read", async () => {
    const body = `<Error><Code>OddError</Code><Message>you sent ${secretKey}</Message></Error>`;
    expect(JSON.stringify(await setting("policy", { status: 400, body }))).not.toContain(secretKey);
  });
});

function rule(inner: string): string {
  return `<?xml version="1.0"?>\n<LifecycleConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Rule><Status>Enabled</Status>${inner}</Rule></LifecycleConfiguration>`;
}

describe("the rules of settings().lifecycle", () => {
  const plain = {
    id: "",
    isEnabled: true,
    prefix: "",
    noncurrentDays: null,
    newerNoncurrentVersions: null,
    currentDays: null,
    abortUploadsDays: null,
  };
  it.each<[string, string, object]>([
    ["takes its id, entities undone", "<ID>a&amp;b</ID>", { id: "a&b" }],
    ["has a prefix in a filter", "<Filter><Prefix>home/</Prefix></Filter>", { prefix: "home/" }],
    [
      "has a prefix beside a tag",
      "<Filter><And><Prefix>a/</Prefix><Tag><Key>k</Key><Value>v</Value></Tag></And></Filter>",
      { prefix: "a/" },
    ],
    ["has a prefix of its own, as it once was", "<Prefix>old/</Prefix>", { prefix: "old/" }],
    ["is for all keys by a filter by tag", "<Filter><Tag><Key>k</Key><Value>v</Value></Tag></Filter>", { prefix: "" }],
    [
      "destroys noncurrent versions but the newest ones",
      "<NoncurrentVersionExpiration><NoncurrentDays>30</NoncurrentDays><NewerNoncurrentVersions>5</NewerNoncurrentVersions></NoncurrentVersionExpiration>",
      { noncurrentDays: 30, newerNoncurrentVersions: 5 },
    ],
    ["hides after days", "<Expiration><Days>7</Days></Expiration>", { currentDays: 7 }],
    ["hides at a date", "<Expiration><Date>2026-11-21T00:00:00.000Z</Date></Expiration>", { currentDays: 0 }],
    [
      "removes markers alone",
      "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>",
      {},
    ],
    [
      "aborts uploads",
      "<AbortIncompleteMultipartUpload><DaysAfterInitiation>3</DaysAfterInitiation></AbortIncompleteMultipartUpload>",
      { abortUploadsDays: 3 },
    ],
    [
      "destroys what is hidden (MinIO)",
      "<DelMarkerExpiration><Days>2</Days></DelMarkerExpiration>",
      { noncurrentDays: 2 },
    ],
    [
      "destroys all versions (MinIO)",
      "<Expiration><Days>4</Days><ExpiredObjectAllVersions>true</ExpiredObjectAllVersions></Expiration>",
      { currentDays: 4, noncurrentDays: 4 },
    ],
    [
      "destroys all versions at a date (MinIO)",
      "<Expiration><Date>2026-11-21T00:00:00Z</Date><ExpiredObjectAllVersions>true</ExpiredObjectAllVersions></Expiration>",
      { currentDays: 0, noncurrentDays: 0 },
    ],
    [
      "says the least of its days",
      "<NoncurrentVersionExpiration><NoncurrentDays>30</NoncurrentDays></NoncurrentVersionExpiration><DelMarkerExpiration><Days>2</Days></DelMarkerExpiration>",
      { noncurrentDays: 2 },
    ],
    ["moves to another class only", "<Transition><Days>1</Days><StorageClass>GLACIER</StorageClass></Transition>", {}],
  ])("a rule that %s", async (_, inner, expected) => {
    const lifecycle = await setting("lifecycle", { body: rule(inner) });
    expect(lifecycle).toEqual({ kind: "set", value: { text: rule(inner), rules: [{ ...plain, ...expected }] } });
  });

  it("a rule that is not enabled, among several", async () => {
    const text = `<LifecycleConfiguration><Rule><ID>1</ID><Status>Disabled</Status></Rule><Rule><ID>2</ID><Status>Enabled</Status></Rule></LifecycleConfiguration>`;
    expect(await setting("lifecycle", { body: text })).toMatchObject({
      value: {
        rules: [
          { id: "1", isEnabled: false },
          { id: "2", isEnabled: true },
        ],
      },
    });
  });
});

describe("the texts of settings()", () => {
  const lock = (inner: string): string =>
    `<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>${inner}</ObjectLockConfiguration>`;
  const retention = (inner: string): string => `<Rule><DefaultRetention>${inner}</DefaultRetention></Rule>`;
  it.each<[string, string, object]>([
    ["for single objects alone", lock(""), { mode: null, days: null }],
    ["of days", lock(retention("<Mode>COMPLIANCE</Mode><Days>30</Days>")), { mode: "COMPLIANCE", days: 30 }],
    ["of years", lock(retention("<Mode>GOVERNANCE</Mode><Years>3</Years>")), { mode: "GOVERNANCE", days: 1095 }],
  ])("a lock %s", async (_, text, expected) => {
    expect(await setting("objectLock", { body: text })).toEqual({ kind: "set", value: { text, ...expected } });
  });

  it("a policy, replication and encryption as the store gave them", async () => {
    const policy = '{\n  "Version": "2012-10-17", "Statement": []\n}';
    expect(await setting("policy", { body: policy })).toEqual({ kind: "set", value: policy });
    const replication = `<ReplicationConfiguration><Role>r</Role><Rule><Status>Enabled</Status></Rule></ReplicationConfiguration>`;
    expect(await setting("replication", { body: replication })).toEqual({ kind: "set", value: replication });
    const encryption = `<ServerSideEncryptionConfiguration><Rule><BucketKeyEnabled>true</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>`;
    expect(await setting("encryption", { body: encryption })).toEqual({ kind: "set", value: encryption });
  });

  it("the prefixes that MinIO leaves out while the status says Enabled", async () => {
    const text = `<VersioningConfiguration><Status>Enabled</Status><ExcludedPrefixes><Prefix>a&amp;b/</Prefix></ExcludedPrefixes><ExcludedPrefixes><Prefix>c/</Prefix></ExcludedPrefixes></VersioningConfiguration>`;
    const value = { text, excludedPrefixes: ["a&b/", "c/"] };
    expect(await setting("versioning", { body: text })).toEqual({ kind: "set", value });
  });
});
