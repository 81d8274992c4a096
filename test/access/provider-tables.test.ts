import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { attempts } from "../../src/access/attempts.ts";
import type { Attempt } from "../../src/access/attempt.ts";
import { expectedOf } from "../../src/access/expected.ts";
import { roles, type Role } from "../../src/base/role.ts";
import { parseProfile } from "../../src/config/profiles.ts";

const root = path.resolve(import.meta.dirname, "../..");
const page = path.join(root, "docs/keys.md");
const [begins, ends] = ["<!-- made from the program: begin -->", "<!-- made from the program: end -->"];

type Cells = (attempt: Attempt, role: Role) => string;

/** What the audit saw, see test/conformance/audit-tables.test.ts. `YES` where a role's rights do not say so. */
function seenOn(file: string, provider: string): Cells {
  const text = readFileSync(path.join(import.meta.dirname, `seen/${file}.json`), "utf8");
  const got = JSON.parse(text) as Readonly<Record<string, Readonly<Record<Role, string>>>>;
  const profile = profileOf(provider);
  return (attempt, role) => {
    const outcome = got[attempt.name]?.[role];
    if (outcome === "refused") return "no";
    if (outcome !== "allowed") return "not tried";
    return expectedOf(attempt, role, profile) === "refused" ? "**YES**" : "yes";
  };
}

const words = { allowed: "yes", refused: "no", either: "may" } as const;

/** What the words of the provider's own policy promise; of a store's faults they say nothing. */
function promisedBy(provider: string): Cells {
  const profile = profileOf(provider);
  return (attempt, role) => {
    const isOfStore = attempt.needs === "hole" || attempt.name === "overwrite for good";
    return isOfStore ? "not known" : words[expectedOf(attempt, role, profile)];
  };
}

function profileOf(name: string) {
  const file = path.join(root, `profiles/${name}.yaml`);
  return parseProfile(readFileSync(file, "utf8"), file);
}

const documented = "By its documentation, through the policy that Holdfast prints; no cell was tried. Audit it.";
const read = "By its source, through the policy that Holdfast prints; no cell was tried. Audit it.";
const tables: readonly (readonly [title: string, known: string, cells: Cells])[] = [
  ["Ceph RGW", "Tried on RGW 16.2.15, every cell.", seenOn("ceph", "ceph")],
  [
    "MinIO",
    "Tried on the head of its archived repository, every cell, with nothing in front.",
    seenOn("minio", "minio"),
  ],
  [
    "MinIO behind the guard",
    "Tried with nginx 1.22, every cell; the purger and the rescuer by the rescuer's port.",
    seenOn("minio-guard", "minio"),
  ],
  ["AWS", documented, promisedBy("aws")],
  ["Wasabi", documented, promisedBy("wasabi")],
  ["Backblaze B2", documented, promisedBy("b2")],
  ["Scaleway", documented, promisedBy("scaleway")],
  [
    "Hetzner",
    "By reports, through the policy that Holdfast prints; no cell was tried there. Audit it.",
    promisedBy("hetzner"),
  ],
  ["SeaweedFS", read, promisedBy("seaweedfs")],
  ["Versity", read, promisedBy("versity")],
];

function table([title, known, cells]: (typeof tables)[number]): string {
  const rows = attempts.map((attempt) => [attempt.name, ...roles.map((role) => cells(attempt, role))]);
  const lines = [["", ...roles], ["---", ...roles.map(() => "---")], ...rows].map((row) => `| ${row.join(" | ")} |`);
  return `### ${title}\n\n${known}\n\n${lines.join("\n")}\n`;
}

it("docs/keys.md says what each key can do on each provider (vitest -u writes it)", async () => {
  const text = readFileSync(page, "utf8");
  const [before = "", rest = ""] = text.split(begins);
  const [, after = ""] = rest.split(ends);
  const made = `${before}${begins}\n\n${tables.map(table).join("\n")}\n${ends}${after}`;
  await expect(made).toMatchFileSnapshot(page);
});
