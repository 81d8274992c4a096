import { describe, expect, it } from "vitest";
import { passwordOf, type RepositoryConfiguration } from "../../src/config/configuration.ts";
import { parseConfiguration } from "../../src/config/parse.ts";
import { failureOf, sample, sampleBut, sampleWith } from "./sample.ts";

function home(text: string): RepositoryConfiguration {
  const found = parseConfiguration(text, "config.yaml").repositories.get("home");
  if (found === undefined) throw new Error("there is no home");
  return found;
}

describe("parseConfiguration()", () => {
  it("fills what is left out", () =>
    expect(home(sample)).toMatchObject({
      name: "home",
      provider: "generic",
      region: null,
      bucketLookup: "auto",
      caFile: null,
      recoveryWindow: null,
      backup: null,
      retention: null,
    }));

  it("takes the location apart", () =>
    expect(home(sample).location).toEqual({
      spelling: "s3:https://s3.example.org/backups/home",
      endpoint: "https://s3.example.org",
      bucket: "backups",
      prefix: "home/",
    }));

  it("gives each secret as the place where it is, with the key that says so", () => {
    expect(home(sample).keys.get("writer")).toEqual({
      accessKey: { kind: "env", target: "HOME_ID", keyPath: "repositories.home.keys.writer.access-key" },
      secretKey: {
        kind: "file",
        target: "/etc/holdfast/home.writer",
        keyPath: "repositories.home.keys.writer.secret-key",
      },
      sessionToken: null,
    });
    expect(home(sample).keys.get("pruner")).toBeUndefined();
  });

  it("reads a length of time into milliseconds", () =>
    expect(home(sampleWith("recovery-window: 35d")).recoveryWindow).toBe(35 * 86_400_000));

  it("makes a list of one text, wherever restic takes a flag more than once", () =>
    expect(
      home(sampleWith("backup: { paths: /home, exclude: x, tag: daily, files-from: /list }")).backup,
    ).toMatchObject({
      paths: ["/home"],
      exclude: ["x"],
      tag: ["daily"],
      "files-from": ["/list"],
    }));

  it("keeps restic's own names and values in the retention", () =>
    expect(home(sampleWith("retention: { keep-daily: 7, keep-within: 1y6m, keep-tag: vip }")).retention).toEqual({
      "keep-daily": 7,
      "keep-within": "1y6m",
      "keep-tag": ["vip"],
      "group-by": "host,paths",
      "time-zone": "UTC",
      "check-read-data-runs": 30,
      "check-max-age": "35d",
      "burst-limit": 3,
      "clock-tolerance": "1h",
      "size-factor": 3,
    }));

  it.each([
    ["time-zone: Nowhere/Land", "time-zone"],
    ["burst-limit: 0", "burst-limit"],
    ["burst-limit: 21", "burst-limit"],
    ["max-unused: lots", "max-unused"],
  ])("refuses retention's %s", (line, key) =>
    expect(failureOf(() => home(sampleWith(`retention: { keep-daily: 7, ${line} }`))).problem).toContain(key),
  );

  it("keeps repositories in the order of the file", () => {
    const attic = "  attic: { location: 's3:h/b', keys: { monitor: { access-key: env:M, secret-key: env:N } } }\n";
    const { repositories } = parseConfiguration(sample.replace("\n", `\n${attic}`), "config.yaml");
    expect([...repositories.keys()]).toEqual(["attic", "home"]);
  });
});

describe("passwordOf()", () => {
  it("gives the password's reference", () =>
    expect(passwordOf(home(sample))).toMatchObject({ kind: "file", target: "/etc/holdfast/home.password" }));

  it("fails with `config` on a host that has none, which is right for a host that never runs restic", () => {
    const monitor = home(sampleBut("writer:", "monitor:").replace(/^.*password.*\n/m, ""));
    const failure = failureOf(() => passwordOf(monitor));
    expect(failure.kind).toBe("config");
    expect(failure.hint).toBe("add repositories.home.password to the configuration");
  });
});
