import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import {
  awsDialect,
  cephDialect,
  hetznerDialect,
  minioDialect,
  versityDialect,
} from "../../src/access/policy/dialect.ts";
import { b2Vocabulary, capabilitiesOf } from "../../src/access/policy/capabilities.ts";
import { compactUserPolicy, userPolicy } from "../../src/access/policy/document.ts";
import { policyForms } from "../../src/access/policy/forms.ts";
import { commentLines, fillFrame, shellWord } from "../../src/access/policy/frame.ts";
import { s3Lifecycle, windowDays } from "../../src/access/policy/lifecycle.ts";
import { lossesOf, lossText, type Fineness } from "../../src/access/policy/losses.ts";
import { policyPlace } from "../../src/access/policy/place.ts";
import { statementsFor, type Statement } from "../../src/access/policy/statements.ts";
import { parseDuration } from "../../src/base/duration.ts";
import { roles, type Role } from "../../src/base/role.ts";
import { knownProviders } from "../../src/config/known-providers.ts";
import { scriptFor } from "./sample-script.ts";

const root = path.resolve(import.meta.dirname, "../..");
const place = { bucket: "backups", prefix: "home/" };
const printable = Object.entries(policyForms).filter(([, form]) => form.kind !== "none");

describe("policyForms", () => {
  it("has a form or a refusal for each profile, and none besides", () => {
    const profiles = readdirSync(path.join(root, "profiles")).map((file) => file.replace(".yaml", ""));
    expect(Object.keys(policyForms).sort()).toEqual(profiles.sort());
    expect([...knownProviders].sort()).toEqual(profiles.sort());
  });

  it("refuses the stores without versions, and says what to do instead", () => {
    for (const provider of ["garage", "r2"]) {
      expect(policyForms[provider]).toMatchObject({
        kind: "none",
        hint: expect.stringMatching(/docs\/keys\.md/) as string,
      });
    }
  });
});

describe("policyScript()", () => {
  const cases = printable.flatMap(([provider]) => roles.map((role): [string, Role] => [provider, role]));

  it.each(cases)("prints for %s the %s (vitest -u writes it)", async (provider, role) => {
    await expect(await scriptFor(provider, { role })).toMatchFileSnapshot(`policy/${provider}-${role}.sh`);
  });

  it("leaves no golden file behind for what is printed no more", () => {
    const files = readdirSync(path.join(root, "test/access/policy"));
    expect(files.sort()).toEqual(cases.map(([provider, role]) => `${provider}-${role}.sh`).sort());
  });

  it.each(printable.map(([provider]) => provider))(
    "limits nothing to a path where the repository is all of the bucket: %s",
    async (provider) => {
      const script = await scriptFor(provider, { role: "rescuer", location: "s3:https://s3.example.org/backups" });
      expect(script).not.toContain("backups//");
      expect(script).not.toContain("''");
      expect(script).not.toContain("s3:prefix");
    },
  );

  it("takes the days from the recovery window", async () => {
    expect(await scriptFor("ceph", { role: "writer", days: 90 })).toContain('"NoncurrentDays": 90');
    expect(await scriptFor("minio", { role: "writer", days: 90 })).toContain("--noncurrent-expire-days 90");
    expect(await scriptFor("b2", { role: "writer", days: 90 })).toContain('"daysFromHidingToDeleting":90');
  });
});

describe("policyPlace()", () => {
  it.each(["a*b/", "a?b/", "${aws:username}/", "a`b/", 'a"b/', "a\\b/", "a\nb/"])(
    "refuses %j, which a policy would read otherwise",
    (prefix) => {
      expect(() => policyPlace({ bucket: "backups", prefix })).toThrow(/reads as something else/);
    },
  );

  it("takes a path with spaces and letters of any script", () => {
    expect(policyPlace({ bucket: "backups", prefix: "Büro 1/it's/" })).toEqual({
      bucket: "backups",
      prefix: "Büro 1/it's/",
    });
  });
});

/** What a policy says of one request, as AWS evaluates it: a denial wins, and nothing is allowed by itself. */
function verdict(statements: readonly Statement[], action: string, resource: string, prefix: string | null): boolean {
  const matches = ({ Action, Resource, Condition }: Statement): boolean => {
    if (!Action.includes(action) || !Resource.some((each) => wildcard(each).test(resource))) return false;
    if (Condition === undefined) return true;
    const wanted = Condition["StringLike"]?.["s3:prefix"];
    return wanted !== undefined && prefix !== null && [wanted].flat().some((each) => wildcard(each).test(prefix));
  };
  if (statements.some((each) => each.Effect === "Deny" && matches(each))) return false;
  return statements.some((each) => each.Effect === "Allow" && matches(each));
}

function wildcard(pattern: string): RegExp {
  return new RegExp(`^${pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`);
}

describe("statementsFor()", () => {
  const arn = "arn:aws:s3:::backups";
  it.each<[Role, string, string, boolean]>([
    ["writer", "s3:PutObject", `${arn}/home/data/ab/ab12`, true],
    ["writer", "s3:PutObject", `${arn}/home/keys/ab12`, false],
    ["writer", "s3:PutObject", `${arn}/home/config`, false],
    ["writer", "s3:PutObject", `${arn}/homework/data/ab12`, false],
    ["writer", "s3:DeleteObject", `${arn}/home/locks/ab12`, true],
    ["writer", "s3:DeleteObject", `${arn}/home/data/ab/ab12`, false],
    ["writer", "s3:DeleteObjectVersion", `${arn}/home/locks/ab12`, false],
    ["pruner", "s3:DeleteObject", `${arn}/home/config`, true],
    ["pruner", "s3:DeleteObjectVersion", `${arn}/home/data/ab/ab12`, false],
    ["pruner", "s3:PutBucketVersioning", arn, false],
    ["purger", "s3:DeleteObjectVersion", `${arn}/home/data/ab/ab12`, true],
    ["purger", "s3:GetObject", `${arn}/home/data/ab/ab12`, false],
    ["monitor", "s3:GetLifecycleConfiguration", arn, true],
    ["monitor", "s3:GetObject", `${arn}/home/config`, false],
    ["rescuer", "s3:GetObjectVersion", `${arn}/home/keys/ab12`, true],
    ["rescuer", "s3:PutObject", `${arn}/home/config`, true],
    ["rescuer", "s3:PutObject", `${arn}/other/config`, false],
    ["rescuer", "s3:DeleteBucket", arn, false],
    ["rescuer", "s3:BypassGovernanceRetention", `${arn}/home/config`, false],
  ])("says of a %s with %s on %s: %s", (role, action, resource, expected) => {
    for (const dialect of [awsDialect, minioDialect, cephDialect, versityDialect]) {
      expect(verdict(statementsFor({ role, place, dialect }), action, resource, null)).toBe(expected);
    }
  });

  it.each<[string | null, boolean]>([
    ["home/", true],
    ["home/data/", true],
    ["homework/", false],
    ["", false],
    [null, false],
  ])("lets a monitor list the versions of %j: %s", (prefix, expected) => {
    const statements = statementsFor({ role: "monitor", place, dialect: awsDialect });
    expect(verdict(statements, "s3:ListBucketVersions", arn, prefix)).toBe(expected);
  });

  it("gives each statement a name of its own, which AWS insists on", () => {
    for (const role of roles)
      for (const dialect of [awsDialect, minioDialect, cephDialect, versityDialect, hetznerDialect]) {
        const names = statementsFor({ role, place, dialect }).map((each) => each.Sid);
        expect(new Set(names).size).toBe(names.length);
        for (const name of names) expect(name).toMatch(/^[A-Za-z]+$/);
      }
  });

  it("denies to no role what it is granted", () => {
    for (const role of roles)
      for (const dialect of [awsDialect, minioDialect, cephDialect, versityDialect]) {
        const statements = statementsFor({ role, place, dialect });
        const denied = statements.filter((each) => each.Effect === "Deny" && each.Condition === undefined);
        const allowed = statements.filter((each) => each.Effect === "Allow").flatMap((each) => each.Action);
        expect(denied.flatMap((each) => each.Action).filter((action) => allowed.includes(action))).toEqual([]);
      }
  });

  it("only takes away where every key may do everything", () => {
    const statements = statementsFor({ role: "writer", place, dialect: hetznerDialect });
    expect(new Set(statements.map((each) => each.Effect))).toEqual(new Set(["Deny"]));
    const isDenied = (action: string, resource: string): boolean =>
      statements.some(
        (each) => each.Action.includes(action) && each.Resource.some((one) => wildcard(one).test(resource)),
      );
    expect(isDenied("s3:PutObject", `${arn}/home/data/ab/ab12`)).toBe(false);
    expect(isDenied("s3:PutObject", `${arn}/home/keys/ab12`)).toBe(true);
    expect(isDenied("s3:DeleteObject", `${arn}/home/locks/ab12`)).toBe(false);
    expect(isDenied("s3:DeleteObject", `${arn}/home/data/ab/ab12`)).toBe(true);
    expect(isDenied("s3:DeleteObjectVersion", `${arn}/home/locks/ab12`)).toBe(true);
    expect(isDenied("s3:GetObject", `${arn}/home/config`)).toBe(false);
    expect(isDenied("s3:ListBucket", arn)).toBe(false);
  });

  it("gives Versity's batch delete to nobody who may not destroy anyway", () => {
    const sendsBatches = roles.filter((role) =>
      verdict(statementsFor({ role, place, dialect: versityDialect }), "s3:DeleteObject", arn, null),
    );
    expect(sendsBatches).toEqual(["purger", "rescuer"]);
  });

  it("keeps within what a managed policy of AWS and a session of MinIO's may be long", () => {
    for (const role of roles) {
      expect(userPolicy(role, place, awsDialect).replace(/\s/g, "").length).toBeLessThan(6144);
      expect(compactUserPolicy(role, place, minioDialect).length).toBeLessThan(2048);
    }
  });
});

describe("lossesOf()", () => {
  const b2: Fineness = { vocabulary: b2Vocabulary, comesWith: {}, limitsListings: true, limitsParts: false };
  it.each<[string, Role, Fineness, readonly string[]]>([
    ["AWS", "writer", { ...awsDialect, limitsParts: true }, []],
    ["AWS", "pruner", { ...awsDialect, limitsParts: true }, []],
    ["AWS", "monitor", { ...awsDialect, limitsParts: true }, []],
    ["AWS", "rescuer", { ...awsDialect, limitsParts: true }, ["destroy versions in all of the repository"]],
    [
      "Versity",
      "monitor",
      { ...versityDialect, limitsParts: true },
      ["list the names of objects in all of the bucket", "list versions in all of the bucket"],
    ],
    [
      "MinIO",
      "writer",
      { ...minioDialect, limitsParts: true },
      ["list versions in all of the bucket", "read older versions in all of the repository"],
    ],
    [
      "MinIO",
      "purger",
      { ...minioDialect, limitsParts: true },
      ["hide objects in all of the repository", "lift delete markers in all of the repository"],
    ],
    ["B2", "writer", b2, ["put objects in all of the repository", "hide objects in all of the repository"]],
  ])("on %s a %s can also", (_, role, fineness, expected) => {
    const said = lossesOf(role, fineness).map(lossText);
    for (const text of expected) expect(said).toContain(text);
    if (expected.length === 0) expect(said).toEqual([]);
  });
});

describe("capabilitiesOf()", () => {
  it("gives deleteFiles to nobody who may not destroy", () => {
    expect(roles.filter((role) => capabilitiesOf(role).includes("deleteFiles"))).toEqual(["purger", "rescuer"]);
  });
});

describe("s3Lifecycle()", () => {
  it("never counts versions, and keeps days and markers in rules of their own", () => {
    const text = s3Lifecycle({ prefix: "home/", days: 35 }, true);
    expect(text).not.toContain("Newer");
    const { Rules } = JSON.parse(text) as { Rules: readonly Record<string, unknown>[] };
    expect(Rules.map((rule) => Object.keys(rule).slice(3))).toEqual([
      ["NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"],
      ["Expiration"],
    ]);
    expect(Rules.map((rule) => rule["Filter"])).toEqual([{ Prefix: "home/" }, { Prefix: "home/" }]);
  });

  it.each([
    [null, 35],
    ["35d", 35],
    ["36h", 2],
    ["1h", 1],
  ])("counts %s as %i days, rounded up", (window, days) => {
    expect(windowDays(window === null ? null : parseDuration(window))).toBe(days);
  });
});

describe("fillFrame()", () => {
  it("leaves out a line whose words are all empty, and keeps an empty line", () => {
    expect(fillFrame("a\n{{none}}\n\n{{some}}", { none: "", some: "b" })).toBe("a\n\nb");
  });

  it("fails for a word that nobody fills, so that no frame is printed with a hole", () => {
    expect(() => fillFrame("{{hole}}", {})).toThrow(RangeError);
  });
});

describe("shellWord()", () => {
  it.each([
    ["home/", "home/"],
    ["Büro 1/", "'Büro 1/'"],
    ["it's", `'it'\\''s'`],
    ["", "''"],
  ])("writes %j as %s", (text, word) => expect(shellWord(text)).toBe(word));
});

describe("commentLines()", () => {
  it("breaks between words and begins each line as a comment", () => {
    expect(commentLines("one two three", 9)).toBe("# one two\n# three");
  });
});

it("has no frame that no form uses", () => {
  const frames = readdirSync(path.join(root, "templates/policy"));
  expect(frames.sort()).toEqual(printable.map(([provider]) => `${provider}.sh`).sort());
  for (const frame of frames)
    expect(readFileSync(path.join(root, "templates/policy", frame), "utf8")).toMatch(/^\{\{head\}\}\n/);
});
