import { describe, expect, it } from "vitest";
import { parseConfiguration } from "../../src/config/parse.ts";
import { refusal, sample, sampleBut, sampleWith } from "./sample.ts";

const right = parseConfiguration(sample, "config.yaml");

describe("parseConfiguration() takes YAML as people write it", () => {
  it.each([
    ["lines that end as on Windows", sample.replaceAll("\n", "\r\n")],
    ["a byte order mark", `\uFEFF${sample}`],
    ["comments", sample.replaceAll("\n", " # a word\n")],
    ["a document start", `---\n${sample}`],
    ["no newline at the end", sample.trimEnd()],
    [
      "quoted keys and values",
      sampleBut("password: file:/etc/holdfast/home.password", `"password": 'file:/etc/holdfast/home.password'`),
    ],
    ["maps on one line", sample.replace(/writer:\n +(\S+ \S+)\n +(\S+ \S+)/, "writer: { $1, $2 }")],
  ])("with %s", (_, text) => expect(parseConfiguration(text, "config.yaml")).toEqual(right));

  it("with an anchor and its alias, for keys that two repositories share", () => {
    const text = `${sampleBut("keys:", "keys: &keys")}  attic: { location: "s3:h/b", password: env:P, keys: *keys }\n`;
    const { repositories } = parseConfiguration(text, "config.yaml");
    expect(repositories.get("attic")?.keys.get("writer")?.accessKey).toEqual({
      kind: "env",
      target: "HOME_ID",
      keyPath: "repositories.attic.keys.writer.access-key",
    });
  });

  it("with a number for a name", () =>
    expect([...parseConfiguration(sampleBut("home:", "42:"), "config.yaml").repositories.keys()]).toEqual(["42"]));
});

describe("parseConfiguration() tells where a file is not YAML, in words of its own", () => {
  it("a tab, and not what follows from it", () =>
    expect(refusal(sampleBut("    location", "\tlocation"))).toMatchInlineSnapshot(`
      "one fault
      config.yaml:3:1  a tab; indent with spaces
        3 |  location: …
            ^"
    `));

  it("a quote that stays open", () =>
    expect(refusal(sampleWith("region: 'eu\nca-file: /ca.pem"))).toMatchInlineSnapshot(`
      "one fault
      config.yaml:9:13  the quote ' is not closed
        9 |     region: …
                        ^"
    `));

  it("a bracket that stays open, at its line and not where the parser notices", () =>
    expect(refusal(sampleWith("backup:\n  paths: /home\n  tag: [daily\n  host: nas\nregion: eu")))
      .toMatchInlineSnapshot(`
      "one fault
      config.yaml:11:12  the bracket [ is not closed with ]
        11 |       tag: …
                        ^"
    `));

  it.each([
    ["a brace", "retention: { keep-daily: 7\nregion: eu", "9:16  the bracket { is not closed with }"],
    ["the outer of two", "backup: { paths: [/a, /b]\nregion: eu", "9:13  the bracket { is not closed with }"],
    ["one closed by another", "backup: { paths: [/a} }", "9:22  the bracket [ is not closed with ]"],
    ["one in the last line", "backup: { paths: [/a", "9:13  the bracket { is not closed with }"],
  ])("a bracket that stays open: %s", (_, lines, expected) =>
    expect(refusal(sampleWith(lines))).toContain(`config.yaml:${expected}`),
  );

  it("a colon without its space", () =>
    expect(refusal(sampleBut("password: ", "password:"))).toMatchInlineSnapshot(`
    "one fault
    config.yaml:4:5  a key without its colon and the space after it
      4 |     …
              ^"
  `));

  it.each([
    ["a value that needs quotes", "region: @eu", "9:13  a value that begins with this character must stand in quotes"],
    ["a second key in one line", "region: eu: west", "9:13  a second key in one line, or a value with a colon"],
    ["a backslash that means nothing", String.raw`region: "\q"`, '9:14  a backslash in "…"'],
    ["a list for a key", "? [a, b]\n: c", "9:7  a key is a word, not a list or a map"],
    ["a value with a comma on one line", "retention: { group-by: host,paths }", "9:33  a word without a colon"],
    ["a colon without its space before a value with a colon", "region:eu: west", "9:5  a key is one word"],
    ["a name of two words", "two words: x", "9:5  a key is one word"],
    ["a tag", "region: !eu west", "9:13  a tag (a word that begins with !) has no meaning here"],
    ["an alias of nothing", "region: *eu", "9:13  a word that begins with * stands for an anchor (&) above it"],
    ["an anchor without a value", "region: &", "9:13  a value that begins with * or & must stand in quotes"],
  ])("%s", (_, lines, expected) => expect(refusal(sampleWith(lines))).toContain(`config.yaml:${expected}`));

  it("a second document", () =>
    expect(refusal(`${sample}---\n${sample}`)).toContain("9:1  a second document begins; the file holds one"));

  it("a key that stands twice, at the second", () =>
    expect(refusal(sampleWith("password: env:PASSWORD"))).toMatchInlineSnapshot(`
      "one fault
      config.yaml:9:5  the key "password" stands twice in repositories.home
        9 |     password: …
                ^^^^^^^^"
    `));

  it("a repository that stands twice", () =>
    expect(refusal(`${sample}${sample.replace("repositories:\n", "")}`)).toContain(
      'config.yaml:9:3  the key "home" stands twice in repositories',
    ));

  it("a key that stands twice, together with the other faults", () => {
    const told = refusal(sampleWith("password: env:PASSWORD\nregion: 1\nretention: { keep-dialy: 7 }"));
    expect(told).toMatch(/^3 faults\n/);
  });
});

describe("parseConfiguration() is not led astray by aliases", () => {
  it("that multiply", () => {
    const rows = "abcdefghi".split("").map((name, index, all) => {
      const item = index === 0 ? "x" : `*${all[index - 1] ?? ""}`;
      return `${name}: &${name} [${Array.from({ length: 9 }, () => item).join(", ")}]`;
    });
    expect(refusal(`${rows.join("\n")}\nrepositories: *i\n`)).toContain("its aliases (*) multiply beyond reason");
  });

  it("that stand for a map within itself", () =>
    expect(refusal(sampleBut("home:", "home: &home").replace("keys:", "backup: *home\n    keys:"))).toContain(
      "unknown key",
    ));

  it("whose fault is told where the alias stands and where its anchor does", () => {
    const spoilt = sampleBut("keys:", "keys: &keys").replace("secret-key", "secret-kye");
    const told = refusal(`${spoilt}  attic:\n    location: s3:h/b\n    password: env:P\n    keys: *keys\n`);
    expect(told).toContain('config.yaml:8:9  unknown key "secret-kye" in repositories.home.keys.writer');
    expect(told).toContain('config.yaml:12:5  unknown key "secret-kye" in repositories.attic.keys.writer');
  });
});
