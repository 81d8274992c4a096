import { describe, expect, it } from "vitest";
import { parseConfiguration } from "../../src/config/parse.ts";
import { failureOf, refusal, sample, sampleBut, sampleWith } from "./sample.ts";

describe("parseConfiguration()", () => {
  it("fails with `config`, the file for its subject, and says what to do next", () => {
    const failure = failureOf(() => parseConfiguration("", "/etc/holdfast/config.yaml"));
    expect(failure).toMatchObject({ kind: "config", subject: "/etc/holdfast/config.yaml" });
    expect(failure.hint).toBe("mend the file, then: holdfast config validate");
  });
});

describe("parseConfiguration() tells an unknown key by file, line, column, key and the nearest known key", () => {
  it("at the top", () =>
    expect(refusal(sampleBut("repositories", "repositoreis"))).toMatchInlineSnapshot(`
      "one fault
      config.yaml:1:1  unknown key "repositoreis"
        1 | repositoreis:
            ^^^^^^^^^^^^  did you mean "repositories"?"
    `));

  it("in a repository, without a second fault for the key that it should have been", () =>
    expect(refusal(sampleBut("location", "locaton"))).toMatchInlineSnapshot(`
      "one fault
      config.yaml:3:5  unknown key "locaton" in repositories.home
        3 |     locaton: …
                ^^^^^^^  did you mean "location"?"
    `));

  it("among the roles", () =>
    expect(refusal(sampleBut("writer:", "writter:"))).toMatchInlineSnapshot(`
    "one fault
    config.yaml:6:7  unknown key "writter" in repositories.home.keys
      6 |       writter:
                ^^^^^^^  did you mean "writer"?"
  `));

  it("in a key", () =>
    expect(refusal(sampleBut("secret-key", "secret-kye"))).toMatchInlineSnapshot(`
    "one fault
    config.yaml:8:9  unknown key "secret-kye" in repositories.home.keys.writer
      8 |         secret-kye: …
                  ^^^^^^^^^^  did you mean "secret-key"?"
  `));

  it("in the retention, without a second fault for the rule that it should have been", () =>
    expect(refusal(sampleWith("retention:\n  keep-dialy: 7"))).toMatchInlineSnapshot(`
      "one fault
      config.yaml:10:7  unknown key "keep-dialy" in repositories.home.retention
        10 |       keep-dialy: 7
                   ^^^^^^^^^^  did you mean "keep-daily"?"
    `));

  it("in a map on one line, underlined where it stands", () =>
    expect(refusal(sampleWith("retention: { keep-weekly: 5, keep-dialy: 7 }"))).toMatchInlineSnapshot(`
      "one fault
      config.yaml:9:34  unknown key "keep-dialy" in repositories.home.retention
        9 |     retention: { keep-weekly: 5, keep-dialy: 7 }
                                             ^^^^^^^^^^  did you mean "keep-daily"?"
    `));

  it("in a map on one line with secrets before it, underlined where it stands in what is shown", () =>
    expect(refusal(sampleWith("  pruner: { access-key: env:AN_ID, secret-kye: hunter2 }"))).toMatchInlineSnapshot(`
      "one fault
      config.yaml:9:40  unknown key "secret-kye" in repositories.home.keys.pruner
        9 |       pruner: { access-key: …, secret-kye: … }
                                           ^^^^^^^^^^  did you mean "secret-key"?"
    `));

  it("with all that are known where none is near", () =>
    expect(refusal(sampleBut("secret-key", "colour"))).toMatchInlineSnapshot(`
      "2 faults
      config.yaml:6:7  repositories.home.keys.writer.secret-key: it is missing
        6 |       writer:
                  ^^^^^^
      config.yaml:8:9  unknown key "colour" in repositories.home.keys.writer
        8 |         colour: …
                    ^^^^^^  known are access-key, secret-key, session-token"
    `));

  it("when it is a restic flag that would turn a backup into something else", () => {
    const told = refusal(sampleWith("backup:\n  paths: /home\n  dry-run: true"));
    expect(told).toContain('config.yaml:11:7  unknown key "dry-run" in repositories.home.backup');
    expect(told).toContain("known are paths, exclude, ");
  });

  it("in a repository whose name means something in JavaScript", () =>
    expect(refusal(sampleBut("home:", "constructor:").replace("location", "locaton"))).toContain(
      'did you mean "location"?',
    ));

  it.each(["__proto__", "toString", "<<", "~", '""'])("when it is %s", (key) =>
    expect(refusal(sampleWith(`${key}: { x: y }`))).toMatch(/^one fault\nconfig\.yaml:9:5 {2}unknown key /),
  );
});

describe("parseConfiguration() tells what a value must be", () => {
  it.each([
    ["region: 1", "region: must be text, in quotes if it looks like a number"],
    ["region: ''", "region: must be text, in quotes if it looks like a number"],
    ["region:", "region: must be text, in quotes if it looks like a number"],
    ["bucket-lookup: Path", "bucket-lookup: must be one of auto, dns, path"],
    ["ca-file: ca.pem", "ca-file: must be an absolute path"],
    ["recovery-window: 35", "recovery-window: must be a length of time such as 35d"],
    ["recovery-window: 0d", "recovery-window: must be a length of time such as 35d"],
    ["recovery-window: 1y", "recovery-window: must be a length of time such as 35d"],
    ["backup: /home", "backup: must be a map of restic's backup flags"],
    ["backup: { exclude: x }", "backup: names nothing to back up: it needs paths or files-from"],
    ["backup: { paths: home }", "backup.paths: must be an absolute path"],
    ["backup: { paths: 1 }", "backup.paths: must be an absolute path, or a list of them"],
    ["backup: { paths: [] }", "backup.paths: must be a list of at least one"],
    ["backup: { paths: [/etc, home] }", "backup.paths.1: must be an absolute path"],
    ["backup: { paths: /, one-file-system: 'yes' }", "backup.one-file-system: must be true or false"],
    ["backup: { paths: /, pack-size: 2 }", "backup.pack-size: must be a whole number from 4 to 128"],
    ["backup: { paths: /, pack-size: 4.5 }", "backup.pack-size: must be a whole number from 4 to 128"],
    [
      "backup: { paths: /, exclude-larger-than: 5 GB }",
      "backup.exclude-larger-than: must be a size such as 500M or 2G",
    ],
    [
      "backup: { paths: /, tag: { a: b } }",
      "backup.tag: must be text, in quotes if it looks like a number, or a list of them",
    ],
    ["backup: { paths: /, compression: best }", "backup.compression: must be one of auto, off, max, fastest, better"],
    ["retention: 7", "retention: must be a map of restic's keep rules"],
    ["retention: { group-by: host }", "retention: keeps nothing: it needs at least one keep rule"],
    ["retention: { keep-daily: seven }", "retention.keep-daily: must be a whole number of at least 1"],
    ["retention: { keep-daily: 0 }", "retention.keep-daily: must be a whole number of at least 1"],
    [
      "retention: { keep-within: 2w }",
      "retention.keep-within: must be a length of time in years, months, days and hours, such as 1y6m or 14d",
    ],
    [
      "retention: { keep-last: 1, group-by: hosts }",
      'retention.group-by: must be host, paths and tags joined by commas, or "" for one group',
    ],
  ])("%s", (lines, expected) => {
    const told = refusal(sampleWith(lines));
    expect(told).toMatch(/^one fault\nconfig\.yaml:9:\d+ {2}/);
    expect(told.split("\n")[1]).toMatch(/ {2}repositories\.home\./);
    expect(told.split("\n")[1]?.replace(/^.* {2}repositories\.home\./, "")).toBe(expected);
  });

  it("with the nearest name where a provider is mistyped", () =>
    expect(refusal(sampleWith("provider: mino"))).toMatchInlineSnapshot(`
      "one fault
      config.yaml:9:15  repositories.home.provider: must be one of aws, b2, ceph, minio, seaweedfs, versity, garage, r2, wasabi, scaleway, hetzner, generic
        9 |     provider: mino
                          ^^^^  did you mean "minio"?"
    `));

  it("without a guess where no provider is near", () =>
    expect(refusal(sampleWith("provider: azure"))).not.toContain("did you mean"));

  const hidden = ["s3:https://key:hunter2@h/b", "s3:https://id:x"];
  it.each(["s3:https://h", "s3:https://h/b/../c", ...hidden])("where the location is %s", (location) => {
    const told = refusal(sampleBut("s3:https://s3.example.org/backups/home", location));
    expect(told).toMatch(
      /^config\.yaml:3:\d+ {2}repositories\.home\.location: must be an S3 location without a user name/m,
    );
    expect(told).toMatch(hidden.includes(location) ? /location: …/ : /location: s3:https:/);
  });

  it("where the location leaves out s3:, and shows what was written", () =>
    expect(refusal(sampleBut("s3:https://s3.example.org", "http://10.0.0.1:9000"))).toMatchInlineSnapshot(`
      "one fault
      config.yaml:3:15  repositories.home.location: must begin with s3: as restic has it, such as s3:https://HOST/BUCKET/PATH
        3 |     location: http://10.0.0.1:9000/backups/home
                          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^"
    `));

  it.each(["/srv/backups", "rest:https://h/"])("where the location is %s", (location) => {
    const told = refusal(sampleBut("s3:https://s3.example.org/backups/home", location));
    expect(told).toContain("config.yaml:3:15  repositories.home.location: must begin with s3:");
    expect(told).toContain(`location: ${location}\n`);
  });

  it.each(["b2:bucket:home", "https://key:hunter2@h/b", "http://h/b?token=hunter2", "hunter2"])(
    "where the location is %s, without what may be a secret",
    (location) => {
      const told = refusal(sampleBut("s3:https://s3.example.org/backups/home", location));
      expect(told).toContain("config.yaml:3:5  repositories.home.location: must begin with s3:");
      expect(told).not.toContain(location);
    },
  );

  it("at the item of a list that is wrong", () =>
    expect(refusal(sampleWith("backup:\n  paths:\n    - /home\n    - etc"))).toMatchInlineSnapshot(`
      "one fault
      config.yaml:12:11  repositories.home.backup.paths.1: must be an absolute path
        12 |         - etc
                       ^^^"
    `));
});

describe("parseConfiguration() tells what is missing", () => {
  it.each([
    ["a key of the repository", /^.*location.*\n/m, "config.yaml:2:3  repositories.home.location: it is missing"],
    [
      "a part of a key",
      /^.*secret-key.*\n/m,
      "config.yaml:6:7  repositories.home.keys.writer.secret-key: it is missing",
    ],
    ["the password that the writer needs", /^.*password.*\n/m, "config.yaml:2:3  repositories.home: has no password"],
    ["every key to the store", /keys:[^]*$/, "config.yaml:5:5  repositories.home.keys: must be a map of the roles"],
  ])("%s", (_, gone, expected) => {
    const told = refusal(sample.replace(gone, (row) => (row.startsWith("keys") ? "keys:\n" : "")));
    expect(told).toContain(`one fault\n${expected}`);
  });

  it("every key to the store, where the map is there", () =>
    expect(refusal(sample.replace(/keys:[^]*$/, "keys: {}\n"))).toContain("names no key: it needs at least one of"));

  it("every repository", () =>
    expect(refusal("repositories: {}\n")).toContain("1:1  repositories: names no repository"));

  it.each(["", "\n", "# nothing yet\n", "---\n", "\uFEFF"])("everything, in %j", (text) =>
    expect(refusal(text)).toContain("config.yaml:1:1  the file: it is empty"),
  );

  it.each(["hello\n", "- a\n", "42\n"])("every key, in %j", (text) =>
    expect(refusal(text)).toContain("config.yaml:1:1  the file: must be a map with the one key repositories"),
  );
});

describe("parseConfiguration() tells every fault at once", () => {
  it("in the order of the file", () => {
    const spoilt = sampleWith("retention:\n  keep-dialy: 7\n  keep-weekly: 0").replace("location", "locaton");
    expect(refusal(spoilt)).toMatchInlineSnapshot(`
      "3 faults
      config.yaml:3:5  unknown key "locaton" in repositories.home
        3 |     locaton: …
                ^^^^^^^  did you mean "location"?
      config.yaml:10:7  unknown key "keep-dialy" in repositories.home.retention
        10 |       keep-dialy: 7
                   ^^^^^^^^^^  did you mean "keep-daily"?
      config.yaml:11:20  repositories.home.retention.keep-weekly: must be a whole number of at least 1
        11 |       keep-weekly: 0
                                ^"
    `);
  });

  it("of two repositories", () => {
    const second = sampleBut("secret-key", "secret-kye").replace("repositories:\n", "").replace("home:", "attic:");
    const told = refusal(`${sampleBut("location", "locaton")}${second}`);
    expect(told).toMatch(/^2 faults\n/);
    expect(told).toContain('config.yaml:3:5  unknown key "locaton" in repositories.home');
    expect(told).toContain('config.yaml:15:9  unknown key "secret-kye" in repositories.attic.keys.writer');
  });
});
