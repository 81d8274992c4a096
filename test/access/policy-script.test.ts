import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cephDialect, minioDialect } from "../../src/access/policy/dialect.ts";
import { bucketPolicy, userPolicy } from "../../src/access/policy/document.ts";
import { policyForms } from "../../src/access/policy/forms.ts";
import { roles, type Role } from "../../src/base/role.ts";
import { scriptFor } from "./sample-script.ts";

const programs = ["aws", "b2", "jq", "mc", "openssl", "radosgw-admin", "scw", "versitygw"];
const variables = { ALIAS: "backups", SCW_DEFAULT_PROJECT_ID: "project", project: "1234567", writer: "WRITERKEY" };

describe("a printed script", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "hf-policy-"));
    mkdirSync(path.join(folder, "bin"));
    for (const program of programs) {
      const file = path.join(folder, "bin", program);
      writeFileSync(
        file,
        `#!/bin/sh\nprintf '%s' ${program} >> "$CALLS"\nprintf ' [%s]' "$@" >> "$CALLS"\necho >> "$CALLS"\necho id-of-$$\n`,
      );
      chmodSync(file, 0o755);
    }
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Pastes the script into a shell whose programs only write down how they were called. */
  const paste = (script: string, shell: string): readonly string[] => {
    const calls = path.join(folder, "calls");
    rmSync(calls, { force: true });
    const environment = { PATH: `${path.join(folder, "bin")}:/usr/bin:/bin`, CALLS: calls, ...variables };
    execFileSync(shell, ["-eu"], {
      cwd: folder,
      env: environment,
      input: script,
      stdio: ["pipe", "ignore", "inherit"],
    });
    return readFileSync(calls, "utf8").trimEnd().split("\n");
  };
  const written = (name: string): unknown => JSON.parse(readFileSync(path.join(folder, name), "utf8"));

  const printable = Object.entries(policyForms).filter(([, form]) => form.kind !== "none");
  it.each(printable.map(([provider]) => provider))(
    "of %s runs through in every role, and writes whole JSON",
    async (provider) => {
      for (const role of roles) {
        const location = "s3:https://s3.example.org/backups/it's%20here/home";
        const script = await scriptFor(provider, { role, location });
        // Hetzner's asks for the access key of the role that it is printed for.
        const settable = script.replace(/\$\{\w+:\?the access key/, "${writer:?the access key");
        expect(paste(settable, role === "writer" ? "bash" : "sh").length).toBeGreaterThan(0);
        for (const file of readdirSync(folder).filter((name) => name.endsWith(".json") && !name.includes("before"))) {
          expect(written(file)).toBeTypeOf("object");
        }
      }
    },
  );

  it("of MinIO holds the very policy that the tests give to a user of the real store", async () => {
    for (const role of roles) {
      const calls = paste(await scriptFor("minio", { role }), "sh");
      const place = { bucket: "backups", prefix: "home/" };
      expect(written(`home-${role}.json`)).toEqual(JSON.parse(userPolicy(role, place, minioDialect)));
      expect(calls).toEqual([
        `mc [admin] [policy] [create] [backups] [home-${role}] [home-${role}.json]`,
        `mc [admin] [user] [add] [backups] [home-${role}]`,
        `mc [admin] [policy] [attach] [backups] [home-${role}] [--user] [home-${role}]`,
        "mc [ilm] [rule] [ls] [backups/backups]",
        "mc [ilm] [rule] [add] [--prefix] [home/] [--noncurrent-expire-days] [35] [--expire-delete-marker] [backups/backups]",
      ]);
    }
  });

  it("of Ceph holds the very policy that the tests give to a bucket of the real store", async () => {
    paste(await scriptFor("ceph", { role: "purger" }), "sh");
    const principals = new Map(roles.map((role) => [role, { AWS: [`arn:aws:iam:::user/home-${role}`] }]));
    const place = { bucket: "backups", prefix: "home/" };
    expect(written("bucket-policy.json")).toEqual(
      JSON.parse(bucketPolicy({ place, dialect: cephDialect, principals })),
    );
  });

  it.each<[string, Role, readonly string[]]>([
    ["hetzner", "writer", ["arn:aws:iam:::user/p1234567:WRITERKEY", "arn:aws:iam:::user/p1234567:none"]],
    ["scaleway", "writer", [`application_id:id-of-`]],
  ])("of %s fills the principals in as it runs", async (provider, role, principals) => {
    paste(await scriptFor(provider, { role }), "sh");
    const text = readFileSync(path.join(folder, "bucket-policy.json"), "utf8");
    for (const principal of principals) expect(text).toContain(principal);
    expect(text).not.toContain("$");
  });

  it("puts no secret on a command line but where the tool has no other way, and says so there", async () => {
    for (const [provider] of printable) {
      const script = await scriptFor(provider, { role: "writer" });
      if (provider === "versity") expect(script).toContain("takes a secret on its command line only");
      else expect(script).not.toMatch(/secret[ =]"?\$/i);
    }
  });
});
