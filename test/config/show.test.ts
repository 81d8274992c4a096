import { describe, expect, it } from "vitest";
import type { Configuration } from "../../src/config/configuration.ts";
import { retentionDefaults } from "../../src/config/retention-defaults.ts";
import { parseConfiguration } from "../../src/config/parse.ts";
import { showConfiguration } from "../../src/config/show.ts";
import { sample, sampleBut, sampleWith } from "./sample.ts";

const show = (text: string): string => showConfiguration(parseConfiguration(text, "config.yaml"));

/** All but which values are defaults: once shown, a default stands in the file. */
function meaning({ repositories }: Configuration): readonly unknown[] {
  return [...repositories.values()].map((repository) => ({ ...repository, defaulted: null }));
}

const full = `repositories:
  home:
    location: s3:https://s3.example.org:9000/backups/home
    provider: minio
    region: us-east-1
    bucket-lookup: path
    ca-file: /etc/ssl/private-ca.pem
    password: credential:home
    recovery-window: 5w
    keys:
      writer: { access-key: env:ID, secret-key: "file:/etc/a folder/key" }
      rescuer: { access-key: env:R_ID, secret-key: env:R_KEY, session-token: env:TOKEN }
    backup:
      paths: /home
      exclude: ["*.cache", "#recycle"]
      one-file-system: false
      compression: "off"
    retention: { keep-daily: 7, keep-tag: [a, "b,c"], group-by: "" }
  attic:
    location: s3:h/b
    keys:
      monitor: { access-key: env:M, secret-key: env:N }
`;

describe("showConfiguration()", () => {
  it("marks what the file leaves out and a default fills, and nothing else", () =>
    expect(show(sampleWith("region: eu\nretention: { keep-daily: 7 }"))).toMatchInlineSnapshot(`
      "repositories:
        home:
          location: s3:https://s3.example.org/backups/home
          provider: generic # default
          region: eu
          bucket-lookup: auto # default
          password: file:/etc/holdfast/home.password
          keys:
            writer:
              access-key: env:HOME_ID
              secret-key: file:/etc/holdfast/home.writer
          retention:
            keep-daily: 7
            group-by: host,paths # default
            time-zone: UTC # default
            check-read-data-runs: 30 # default
            check-max-age: 35d # default
            burst-limit: 3 # default
            clock-tolerance: 1h # default
            size-factor: 3 # default
      "
    `));

  it("marks no default that the file names", () => {
    const retention = JSON.stringify({ "keep-last": 1, ...retentionDefaults });
    const shown = show(sampleWith(`provider: generic\nbucket-lookup: auto\nretention: ${retention}`));
    expect(shown).not.toContain("# default");
  });

  it("shows everything of a full configuration", () =>
    expect(show(full)).toMatchInlineSnapshot(`
      "repositories:
        home:
          location: s3:https://s3.example.org:9000/backups/home
          provider: minio
          region: us-east-1
          bucket-lookup: path
          ca-file: /etc/ssl/private-ca.pem
          password: credential:home
          recovery-window: 35d
          keys:
            writer:
              access-key: env:ID
              secret-key: file:/etc/a folder/key
            rescuer:
              access-key: env:R_ID
              secret-key: env:R_KEY
              session-token: env:TOKEN
          backup:
            paths:
              - /home
            exclude:
              - "*.cache"
              - "#recycle"
            one-file-system: false
            compression: off
          retention:
            keep-daily: 7
            group-by: ""
            keep-tag:
              - a
              - b,c
            time-zone: UTC # default
            check-read-data-runs: 30 # default
            check-max-age: 35d # default
            burst-limit: 3 # default
            clock-tolerance: 1h # default
            size-factor: 3 # default
        attic:
          location: s3:h/b
          provider: generic # default
          bucket-lookup: auto # default
          keys:
            monitor:
              access-key: env:M
              secret-key: env:N
      "
    `));

  it.each([
    ["the least", sample],
    ["a full one", full],
    ["one that lists its files in a file", sampleWith("backup: { files-from: /etc/holdfast/list }")],
    ["a window of many units", sampleWith("recovery-window: 1w2d3h4m5s")],
  ])("writes a configuration that means the same: %s", (_, text) =>
    expect(meaning(parseConfiguration(show(text), "shown.yaml"))).toEqual(meaning(parseConfiguration(text, "c.yaml"))),
  );

  it("shows of a command no more than its first word, for people put tokens on command lines", () => {
    const shown = show(sampleBut("file:/etc/holdfast/home.password", "command:vault --token hunter2 read"));
    expect(shown).toContain("password: command:vault …");
    expect(shown).not.toContain("hunter2");
  });
});
