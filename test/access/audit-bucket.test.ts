import { describe, expect, it } from "vitest";
import { bucketFindings, type BucketFacts } from "../../src/access/bucket-findings.ts";
import { quirkFindings } from "../../src/access/quirk-findings.ts";
import type { Duration } from "../../src/base/duration.ts";
import type { LifecycleRule } from "../../src/store/bucket-settings.ts";
import { profileOf } from "../stores/real-stores.ts";

const none = { kind: "none" } as const;
const day = 86_400_000;
const rule: LifecycleRule = {
  id: "old",
  isEnabled: true,
  prefix: "",
  noncurrentDays: 35,
  newerNoncurrentVersions: null,
  currentDays: null,
  abortUploadsDays: null,
};
const ruled = (more: Partial<LifecycleRule> = {}): BucketFacts["settings"]["lifecycle"] => ({
  kind: "set",
  value: { text: "", rules: [{ ...rule, ...more }] },
});

function found(facts: Partial<BucketFacts>, settings: Partial<BucketFacts["settings"]> = {}): readonly string[] {
  return bucketFindings({
    place: "backups/home",
    prefix: "home/",
    versioning: "enabled",
    acl: null,
    window: (35 * day) as Duration,
    ...facts,
    settings: {
      lifecycle: ruled(),
      policy: none,
      objectLock: none,
      replication: none,
      encryption: none,
      versioning: none,
      ...settings,
    },
  }).map(({ rule: name, severity }) => `${severity} ${name}`);
}

const policyOf = (...statements: readonly object[]) =>
  ({ kind: "set", value: JSON.stringify({ Statement: statements }) }) as const;
const allow = (Principal: unknown) => ({ Effect: "Allow", Principal, Action: "s3:*", Resource: "*" });
const aclOf = (...grants: readonly string[]): string =>
  `<AccessControlPolicy><Owner><ID>us</ID></Owner><AccessControlList><Grant><Grantee><ID>us</ID></Grantee></Grant>${grants.join("")}</AccessControlList></AccessControlPolicy>`;

describe("bucketFindings()", () => {
  it("finds nothing in a bucket that is set as it should be", () => expect(found({ acl: aclOf() })).toEqual([]));

  it.each<[string, readonly string[], readonly string[]]>([
    ["versioning that may not be read", found({ versioning: null }), ["warning settings-unreadable"]],
    ["suspended versioning", found({ versioning: "suspended" }), ["alarm versioning-suspended"]],
    [
      "a prefix that versioning leaves out, around ours",
      found({}, { versioning: { kind: "set", value: { text: "", excludedPrefixes: ["ho*", "other/"] } } }),
      ["alarm versioning-excludes"],
    ],
    [
      "a rule shorter than the window",
      found({}, { lifecycle: ruled({ noncurrentDays: 34 }) }),
      ["alarm lifecycle-shorter-than-window"],
    ],
    [
      "a rule that counts versions",
      found({}, { lifecycle: ruled({ newerNoncurrentVersions: 3 }) }),
      ["warning lifecycle-counts-versions"],
    ],
    [
      "a rule that hides what is current",
      found({}, { lifecycle: ruled({ currentDays: 90 }) }),
      ["alarm lifecycle-hides-current"],
    ],
    ["no rule", found({}, { lifecycle: none }), ["notice no-lifecycle-rule"]],
    [
      "only a rule that is off",
      found({}, { lifecycle: ruled({ isEnabled: false, noncurrentDays: 1 }) }),
      ["notice no-lifecycle-rule"],
    ],
    [
      "only a rule beside ours",
      found({}, { lifecycle: ruled({ prefix: "other/", noncurrentDays: 1 }) }),
      ["notice no-lifecycle-rule"],
    ],
    [
      "a default retention",
      found({}, { objectLock: { kind: "set", value: { text: "", mode: "GOVERNANCE", days: 7 } } }),
      ["notice object-lock-default"],
    ],
    ["replication", found({}, { replication: { kind: "set", value: "<x/>" } }), ["warning replication"]],
    ["a policy for everybody", found({}, { policy: policyOf(allow("*")) }), ["alarm policy-for-everybody"]],
    [
      "a policy for everybody, as AWS has it",
      found({}, { policy: policyOf(allow({ AWS: ["*"] })) }),
      ["alarm policy-for-everybody"],
    ],
    [
      "a policy for all but one",
      found({}, { policy: policyOf({ Effect: "Allow", NotPrincipal: { AWS: "x" } }) }),
      ["alarm policy-for-everybody"],
    ],
    [
      "a policy for some",
      found({}, { policy: policyOf(allow({ AWS: "arn:aws:iam:::user/writer" })) }),
      ["notice policy-lets-in"],
    ],
    ["a policy that only denies everybody", found({}, { policy: policyOf({ ...allow("*"), Effect: "Deny" }) }), []],
    ["a policy that is none", found({}, { policy: { kind: "set", value: "not JSON" } }), ["warning policy-unread"]],
    ["a policy without statements", found({}, { policy: { kind: "set", value: "{}" } }), ["warning policy-unread"]],
    [
      "an ACL for everybody",
      found({
        acl: aclOf("<Grant><Grantee><URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee></Grant>"),
      }),
      ["alarm acl-for-everybody"],
    ],
    [
      "an ACL for another",
      found({ acl: aclOf("<Grant><Grantee><ID>them</ID></Grantee></Grant>") }),
      ["warning acl-lets-in"],
    ],
    [
      "a setting that may not be read",
      found({}, { lifecycle: { kind: "unreadable", problem: "the store refused the key" } }),
      ["warning settings-unreadable"],
    ],
  ])("tells %s", (_, rules, expected) => expect(rules).toEqual(expected));
});

describe("quirkFindings()", () => {
  const told = (provider: string): readonly string[] =>
    quirkFindings(profileOf(provider), ["writer", "purger"]).map(({ evidence }) => evidence);

  it.each([
    ["b2", /the writer's key can also .*hide objects in all of the repository/],
    ["minio", /the purger's key can also hide objects in all of the repository/],
  ])("tells what comes along with a right on %s", (provider, expected) => {
    expect(told(provider).join("\n")).toMatch(expected);
  });

  it.each(["aws", "garage", "r2"])("has nothing to tell of %s", (provider) => expect(told(provider)).toEqual([]));
});
