import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseConfiguration } from "../../src/config/parse.ts";
import { failureOf, refusal, sampleBut, sampleWith } from "./sample.ts";

const password = "password: file:/etc/holdfast/home.password";
const writer = "file:/etc/holdfast/home.writer";

describe("parseConfiguration() refuses a secret where its reference belongs", () => {
  it("naming the key and the four forms of a reference", () =>
    expect(refusal(sampleBut(password, "password: hunter2"))).toMatchInlineSnapshot(`
      "one fault
      config.yaml:4:5  repositories.home.password: must be a reference to a secret (env:NAME, file:/PATH, command:LINE or credential:NAME), never the secret itself
        4 |     password: …
                ^^^^^^^^"
    `));

  it.each([
    "env:",
    "env:1ST",
    "env:A-B",
    "file:relative",
    "file:",
    "command:",
    "command: ",
    "credential:a/b",
    "vault:x",
  ])("and what only looks like a reference: %s", (reference) =>
    expect(refusal(sampleBut(writer, `"${reference}"`))).toContain("must be a reference to a secret"),
  );
});

/** Where a secret may have been put by mistake, with SECRET for the secret. */
const slips: readonly (readonly [string, string])[] = [
  ["as the value", sampleBut(password, "password: SECRET")],
  ["in quotes", sampleBut(password, 'password: "SECRET"')],
  ["after a key in quotes", sampleBut(password, '"password": SECRET')],
  ["on the next line", sampleBut(password, "password:\n      SECRET")],
  ["over two lines", sampleBut(password, "password: one\n      SECRET")],
  ["as a block of text", sampleBut(password, "password: |\n      SECRET\n      SECRET")],
  ["in a list", sampleBut(password, "password:\n      - SECRET")],
  ["in a list on one line", sampleBut(password, "password: [SECRET, SECRET]")],
  ["as a key", sampleBut(password, "password: { SECRET: 1 }")],
  ["as a key on its own line", sampleBut(password, "password:\n      SECRET: 1")],
  ["as a tag", sampleBut(password, "password: !SECRET x")],
  ["as an alias", sampleBut(password, "password: *SECRET")],
  ["as an anchor", sampleBut(password, "password: &SECRET")],
  ["before a colon", sampleBut(password, "password: SECRET: 1")],
  ["after a character that YAML keeps", sampleBut(password, "password: @SECRET")],
  ["after another such character", sampleBut(password, "password: %SECRET")],
  ["in a quote that stays open", sampleBut(password, "password: 'SECRET")],
  ["after a quote", sampleBut(password, "password: 'x' SECRET")],
  ["before a backslash that means nothing", sampleBut(password, String.raw`password: "SECRET\q"`)],
  ["without the colon", sampleBut(password, "password SECRET")],
  ["without the space after the colon", sampleBut(password, "password:SECRET")],
  ["after a tab", sampleBut(`    ${password}`, "\tpassword: SECRET")],
  ["under a mistyped key", sampleBut(password, "passwrod: SECRET")],
  ["under a key that is not known", sampleBut(password, "restic-password: SECRET")],
  ["in a map under a key that is not known", sampleBut(password, "passwords: { home: SECRET, SECRET: 1 }")],
  ["under a key that stands twice", sampleWith("password: SECRET")],
  ["beside the fault, on the same line", sampleWith("  pruner: { access-key: SECRET, secret-kye: SECRET }")],
  ["in a comment beside the fault", sampleWith("regoin: eu # SECRET")],
  ["in a comment of a broken line", sampleWith("region: @ # SECRET")],
  ["in the location", sampleBut("https://s3.example.org", "https://id:SECRET@s3.example.org")],
  ["in a location without s3:", sampleBut("s3:https://s3.example.org", "https://id:SECRET@s3.example.org")],
  ["among the backup flags", sampleWith("backup: { paths: /, password: SECRET, password-command: echo SECRET }")],
  ["in place of the backup flags", sampleWith("backup: SECRET")],
  ["in place of the provider's name", sampleWith("provider: { name: SECRET }")],
  ["in place of the roles", sampleBut("writer:", "SECRET")],
  ["before a colon, in place of a key of a broken line", "SECRET: x: y\n"],
  ["with a colon in it, as a key", sampleBut(password, "password:\n      SECRET: SECRET: 1")],
  ["in place of the file", "SECRET\n"],
  ["in a list in place of the file", "- SECRET\n"],
  ["with a colon in it, in a list in place of the file", "- SECRET: SECRET\n"],
  ["under an unknown key of the file", "passwords:\n  SECRET: SECRET\nrepositories: { home: SECRET }\n"],
];

/**
 * Whether the secret itself spells a key of a map of ours, as `word: text` does where a key belongs. That is an unknown
 * key like any other, and an unknown key is named: nothing tells it from a slip of the finger.
 */
function makesKey(text: string, secret: string): boolean {
  const hasColon = /:(?:\s|$|[,{}[\]])|["']:/.test(secret);
  const standsForKey = /^SECRET|^ *SECRET$/m.test(text) && !text.includes("password:\n");
  const standsOnOneLine = text.includes("pruner: {") || text.includes("backup: {");
  return hasColon && (standsForKey || (standsOnOneLine && secret.includes(",")));
}

/** What means something to YAML, among what does not. */
const marks = [
  ": ",
  ":",
  ", ",
  ",",
  " #",
  "#",
  "{",
  "}",
  "[",
  "]",
  "'",
  '"',
  "\\",
  "&",
  "*",
  "!",
  "|",
  "%",
  "@",
  "-",
  "?",
  " ",
];

describe("parseConfiguration() shows no secret that was put", () => {
  const shown = (text: string): string => {
    const failure = failureOf(() => parseConfiguration(text, "config.yaml"));
    return JSON.stringify([failure.message, failure.hint, failure.details]);
  };

  it.each(slips)("%s", (_, text) => {
    expect(shown(text.replaceAll("SECRET", "hunter2"))).not.toContain("hunter2");
    expect(shown(text.replaceAll("\n", "\r\n").replaceAll("SECRET", "hunter2"))).not.toContain("hunter2");
  });

  it("in any of these places, whatever it is made of", () => {
    const part = fc.oneof(fc.constantFrom(...marks), fc.string({ unit: "grapheme-ascii", maxLength: 3 }));
    const marked = fc.array(part, { maxLength: 6 }).map((middle) => `Xq7${middle.join("")}Zk9`);
    fc.assert(
      fc.property(fc.constantFrom(...slips), marked, ([, text], secret) => {
        fc.pre(!makesKey(text, secret));
        const spoilt = text.replaceAll("SECRET", () => secret);
        try {
          parseConfiguration(spoilt, "config.yaml");
        } catch {
          expect(shown(spoilt)).not.toMatch(/Xq7|Zk9/);
        }
      }),
      { numRuns: 500 },
    );
  });
});
