import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Secret } from "../../src/base/secret.ts";
import { openLonelyHost, type Host } from "./host.ts";
import { expectNothingIndecent, expectPlainFailure, type ExpectedFailure } from "./bad-input/expect-failure.ts";

const key = (name: string) => ({
  accessKey: `${name}KEYKEYKEY`,
  secretKey: new Secret(`${name}-secret-secret`),
  sessionToken: null,
});

describe("holdfast policy", () => {
  let host: Host;
  beforeAll(() => {
    const keys = { writer: key("writer") };
    host = openLonelyHost({ keys, provider: "ceph", location: "s3:https://s3.example.org/backups/home" });
  });
  afterAll(async () => await host.remove());

  it("prints the script on stdout and nothing else, asking no store, with and without --json", async () => {
    const plain = await host.run(["policy", "writer"]);
    const json = await host.run(["--json", "policy", "writer", "home"]);
    expect(plain).toMatchObject({ code: 0, stderr: "" });
    expect(json).toMatchObject({ code: 0, stderr: "", stdout: plain.stdout });
    expect(plain.stdout).toContain("radosgw-admin user create --uid=home-writer");
    expect(plain.stdout).toContain("arn:aws:s3:::backups/home/data/*");
    expectNothingIndecent(plain, host);
  });

  it("prints the form of another provider where it is asked for", async () => {
    const { code, stdout } = await host.run(["policy", "rescuer", "--provider", "minio"]);
    expect(code).toBe(0);
    expect(stdout).toContain("mc admin policy create");
  });

  it.each<[string, readonly string[], ExpectedFailure]>([
    [
      "a role that there is not",
      ["policy", "writre"],
      {
        kind: "usage",
        exit: 64,
        subject: "writre",
        problem: "there is none of that name",
        hint: "did you mean writer?",
      },
    ],
    [
      "a provider that there is not",
      ["policy", "writer", "--provider", "minoi"],
      { kind: "usage", exit: 64, subject: "minoi", problem: "there is none of that name", hint: "did you mean minio?" },
    ],
    [
      "a repository that there is not",
      ["policy", "writer", "hoem"],
      { kind: "usage", exit: 64, subject: "hoem", problem: "none of that name", hint: "did you mean home?" },
    ],
    [
      "a provider without versions",
      ["policy", "writer", "--provider", "garage"],
      { kind: "refused", exit: 81, subject: "Garage", problem: "keeps no versions", hint: "docs/keys.md" },
    ],
    [
      "no configuration, which alone knows the bucket",
      ["--config", "/nonexistent/config.yaml", "policy", "writer", "--provider", "ceph"],
      { kind: "config", exit: 78, subject: "/nonexistent/config.yaml", problem: "no such file", hint: "write one" },
    ],
  ])("refuses %s, also as JSON on stderr", async (_, words, expected) => {
    const plain = await host.run(words);
    expect(plain.stdout).toBe("");
    expectPlainFailure(plain, host, expected);
    const json = await host.run(["--json", ...words]);
    expect(json).toMatchObject({ code: expected.exit, stdout: "" });
    expect(JSON.parse(json.stderr)).toMatchObject({ type: "failure", kind: expected.kind, exit: expected.exit });
  });

  it("refuses a path that a policy would read as a pattern", async () => {
    const starred = host.with({ location: "s3:https://s3.example.org/backups/ho*me" });
    expectPlainFailure(await starred.run(["policy", "writer"]), host, {
      kind: "refused",
      exit: 81,
      subject: "backups/ho*me/",
      problem: 'its path has "*" in it',
      hint: "put the repository under a path of letters",
    });
  });
});

describe("a configuration with the rescuer's key beside the writer's", () => {
  let host: Host;
  beforeAll(() => {
    host = openLonelyHost({ keys: { writer: key("writer"), rescuer: key("rescuer") } });
  });
  afterAll(async () => await host.remove());
  const warning = /^warning: this host holds the rescuer's key of home beside the writer's: .*a drawer$/;

  it("is told by validate, as a line and as a finding", async () => {
    const plain = await host.run(["config", "validate"]);
    expect(plain.code).toBe(0);
    expect(plain.stdout.split("\n").filter((line) => warning.test(line))).toHaveLength(1);
    const json = await host.run(["--json", "config", "validate"]);
    expect(json.last).toMatchObject({ ok: true, findings: [{ rule: "rescuer-beside-writer", severity: "warning" }] });
  });

  it.each([[["config", "show"]], [["policy", "writer"]]])("is told by %j on stderr", async (words) => {
    const { code, stdout, stderr } = await host.run(words);
    expect(code).toBe(0);
    expect(stdout).not.toContain("warning:");
    expect(stderr.trim()).toMatch(warning);
  });

  it("is no matter where the writer's stands alone", async () => {
    const alone = host.with({ keys: { writer: key("writer") } });
    expect((await alone.run(["config", "validate"])).stdout).not.toContain("warning");
  });
});
