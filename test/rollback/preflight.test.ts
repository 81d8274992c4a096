import { describe, expect, it } from "vitest";
import { addMilliseconds, parseInstant } from "../../src/base/instant.ts";
import type { Instant } from "../../src/base/instant.ts";
import { objectKey } from "../../src/base/object-key.ts";
import { versionId } from "../../src/base/version-id.ts";
import { GoodVersionsCounter } from "../../src/rollback/good-versions.ts";
import { preflight } from "../../src/rollback/preflight.ts";
import type { PreflightFacts } from "../../src/rollback/preflight.ts";
import type { BucketSettings, LifecycleRule } from "../../src/store/bucket-settings.ts";
import type { HistoryRow, ObjectVersion } from "../../src/store/object-version.ts";
import { MemoryStore } from "../../src/adapters/memory/memory-store.ts";
import { Scene } from "./scene.ts";

const at = (text: string): Instant => parseInstant(text) ?? addMilliseconds(0 as Instant, 0);
const T = at("2026-11-20T03:00:00Z");
const now = at("2026-11-21T12:00:00Z");
const hidden = at("2026-11-20T04:00:00Z");
const pack = objectKey("home/data/00/00aa");
const day = 86_400_000;

const clock = { now: () => now, sleep: async () => await Promise.resolve() };
const nothingSet: BucketSettings = await new MemoryStore(clock).settings();
const none = new GoodVersionsCounter([]).summary();
const calm: PreflightFacts = {
  place: "backups/home",
  prefix: "home/",
  to: T,
  now,
  versioning: "enabled",
  settings: nothingSet,
  earlier: null,
  openUploads: [],
  freshLocks: [],
  clock: { store: now, ours: now },
  good: none,
};

const set = <V>(value: V) => ({ kind: "set", value }) as const;
const settings = (some: Partial<BucketSettings>): Partial<PreflightFacts> => ({ settings: { ...nothingSet, ...some } });
const ruleOf = (some: Partial<LifecycleRule>): LifecycleRule => ({
  id: "expire",
  isEnabled: true,
  prefix: "",
  noncurrentDays: null,
  newerNoncurrentVersions: null,
  currentDays: null,
  abortUploadsDays: null,
  ...some,
});
const lifecycle = (...rules: readonly LifecycleRule[]) => set({ text: "<Rule/>", rules });

function version(id: string, on: Instant, storageClass = "STANDARD"): ObjectVersion {
  const row = { key: pack, versionId: versionId(id), lastModified: on, isLatest: false, owner: null };
  return { kind: "version", ...row, size: 1, etag: "e", storageClass, checksums: null };
}

function marker(on: Instant): HistoryRow {
  return { kind: "marker", key: pack, versionId: versionId("m"), lastModified: on, isLatest: true, owner: null };
}

/** A good version under what was put on top of it, seen by a counter that knows the rules. */
function good(rules: readonly LifecycleRule[], above: readonly HistoryRow[], storageClass?: string) {
  const counter = new GoodVersionsCounter(rules);
  const version1 = version("good", addMilliseconds(T, -day), storageClass);
  counter.see([...above, version1], version1);
  return { good: counter.summary() };
}

const upload = (initiated: Instant) => ({ openUploads: [{ key: pack, uploadId: "u", initiated }] });
const days30 = ruleOf({ noncurrentDays: 30 });

describe("preflight()", () => {
  it("finds nothing where nothing is amiss", () => expect(preflight(calm)).toEqual([]));

  it.each<[string, Partial<PreflightFacts>, string, RegExp]>([
    [
      "versioning that is suspended",
      { versioning: "suspended" },
      "alarm versioning-suspended",
      /replaces what is there/,
    ],
    [
      "a prefix under the repository that MinIO leaves out of versioning",
      settings({ versioning: set({ text: "", excludedPrefixes: ["other/", "home/da*"] }) }),
      "alarm versioning-excludes",
      /leaves out home\/da\*/,
    ],
    [
      "a rule that destroys good versions in a month, counted from when they were hidden",
      good([days30], [marker(hidden)]),
      "warning lifecycle-destroys-good-versions",
      /destroys 1 versions .* the first at 2026-12-20T04:00:00Z \(in 28d 16h; .* waits until 2026-12-21T00:00:00Z\)/,
    ],
    [
      "one whose deadline has passed",
      good([ruleOf({ noncurrentDays: 1 })], [marker(hidden)]),
      "alarm lifecycle-destroys-good-versions",
      /that has passed/,
    ],
    [
      "a rule that keeps only so many versions, while it still spares the good ones",
      good([ruleOf({ newerNoncurrentVersions: 2 })], [marker(hidden), version("junk", hidden)]),
      "warning lifecycle-destroys-good-versions",
      /keeps 2 versions .* until somebody puts more on top/,
    ],
    [
      "the same rule when a thief has put enough on top",
      good([ruleOf({ newerNoncurrentVersions: 1, noncurrentDays: 30 })], [marker(hidden), version("junk", hidden)]),
      "warning lifecycle-destroys-good-versions",
      /the first at 2026-12-20T04:00:00Z/,
    ],
    [
      "a rule that hides current objects",
      settings({ lifecycle: lifecycle(ruleOf({ currentDays: 7, prefix: "home/data/" })) }),
      "warning lifecycle-hides-current",
      /after 7 days/,
    ],
    ["a policy, to be looked at", settings({ policy: set('{"Statement": []}') }), "notice bucket-policy", /Statement/],
    [
      "a setting that was another when evidence was saved before",
      { ...settings({ policy: set("new") }), earlier: { takenAt: T, settings: { ...nothingSet, policy: set("old") } } },
      "warning setting-changed",
      /since the evidence of 2026-11-20T03:00:00Z the policy changed: was old, is new/,
    ],
    [
      "a setting that changed, without what is the same in every XML",
      {
        ...settings({ policy: set('<?xml version="1.0"?><A xmlns="http://s3/"><B>new</B></A>') }),
        earlier: { takenAt: T, settings: { ...nothingSet, policy: set("<A><B>old</B></A>") } },
      },
      "warning setting-changed",
      /was <A><B>old<\/B><\/A>, is <A><B>new<\/B><\/A>$/,
    ],
    ["replication", settings({ replication: set("<Rule/>") }), "notice replication", /<Rule\/>/],
    [
      "object lock that locks every copy again",
      settings({ objectLock: set({ text: "", mode: "COMPLIANCE", days: 30 }) }),
      "notice object-lock-default",
      /30 days \(COMPLIANCE\)/,
    ],
    [
      "a setting that may not be read",
      settings({ lifecycle: { kind: "unreadable", problem: "AccessDenied" } }),
      "warning settings-unreadable",
      /the lifecycle rules \(AccessDenied\)/,
    ],
    ["an upload begun before T", upload(addMilliseconds(T, -1)), "warning open-uploads", /may carry that date/],
    ["an upload begun since", upload(hidden), "notice open-uploads", /1 multipart uploads are open/],
    ["a fresh lock", { freshLocks: [{ key: pack, lastModified: now }] }, "warning fresh-lock", /somebody is writing/],
    [
      "a clock that is off",
      { clock: { store: now, ours: addMilliseconds(now, 301_000) } },
      "warning clock-skew",
      /5m 1s ahead of/,
    ],
    [
      "versions that are archived, and not lost",
      good([], [marker(hidden)], "DEEP_ARCHIVE"),
      "warning archived-versions",
      /not lost/,
    ],
  ])("tells of %s", (_, facts, expected, evidence) => {
    const findings = preflight({ ...calm, ...facts });
    expect(findings.map(({ severity, rule }) => `${severity} ${rule}`)).toEqual([expected]);
    expect(findings[0]?.evidence).toMatch(evidence);
    expect(findings[0]?.remedy).not.toBe("");
  });

  it.each<[string, Partial<PreflightFacts>]>([
    ["a rule that is switched off", good([ruleOf({ noncurrentDays: 1, isEnabled: false })], [marker(hidden)])],
    ["a rule for another prefix", good([ruleOf({ noncurrentDays: 1, prefix: "logs/" })], [marker(hidden)])],
    ["a good version that is current", good([days30], [])],
    ["object lock of single objects", settings({ objectLock: set({ text: "", mode: null, days: null }) })],
    ["a clock that is off by less", { clock: { store: now, ours: addMilliseconds(now, -299_000) } }],
    ["a store that cannot tell its uploads", { openUploads: null }],
    ["no store at all", { clock: null }],
    [
      "a setting that could not be read then",
      {
        ...settings({ encryption: set("aes") }),
        earlier: { takenAt: T, settings: { ...nothingSet, encryption: { kind: "unreadable", problem: "denied" } } },
      },
    ],
  ])("is silent about %s", (_, facts) => expect(preflight({ ...calm, ...facts })).toEqual([]));
});

describe("a plan", () => {
  it("carries what was found, and compares the settings with the evidence before", async () => {
    const scene = new Scene();
    const { T: to, pack: key } = await scene.repository();
    await scene.hide(key);
    await scene.plan(to);
    scene.store.setSettings({ lifecycle: lifecycle(days30) });
    await scene.restic("locks", "lock");
    const { plan, result } = await scene.plan(to);
    const rules = ["lifecycle-destroys-good-versions", "setting-changed", "fresh-lock"];
    expect(plan.findings.map(({ rule }) => rule)).toEqual(rules);
    expect(result).toMatchObject({ findings: 3, accept: [] });
    expect(result.found).toEqual(plan.findings);
  });
});
