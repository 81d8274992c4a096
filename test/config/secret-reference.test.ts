import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Failure } from "../../src/base/failure.ts";
import {
  commandWords,
  parseSecretReference,
  resolveSecret,
  spellSecretReference,
  type SecretKind,
  type SecretReference,
  type SecretSources,
} from "../../src/config/secret-reference.ts";

const keyPath = "repositories.home.password";
const reference = (kind: SecretKind, target: string): SecretReference => ({ kind, target, keyPath });

/** Sources in which each place holds its own name, but for those that are told otherwise. */
function sources(over: Partial<SecretSources> = {}): SecretSources {
  return {
    variable: (name) => Promise.resolve(`variable ${name}`),
    file: (file) => Promise.resolve(`file ${file}`),
    command: (words) => Promise.resolve(`command ${words.join("|")}`),
    credential: (name) => Promise.resolve(`credential ${name}`),
    ...over,
  };
}

async function refusalOf(wanted: SecretReference, from: SecretSources): Promise<Failure> {
  const failure: unknown = await resolveSecret(wanted, from).catch((error: unknown) => error);
  if (failure instanceof Failure) return failure;
  throw new Error("nothing was refused");
}

describe("parseSecretReference()", () => {
  it.each([
    ["env:HOME_ID", "env", "HOME_ID"],
    ["file:/etc/holdfast/home.password", "file", "/etc/holdfast/home.password"],
    ["file:/a folder/with: colon", "file", "/a folder/with: colon"],
    ["command:pass show pruner", "command", "pass show pruner"],
    ["command: pass show pruner ", "command", "pass show pruner"],
    ["credential:rescuer-id", "credential", "rescuer-id"],
  ] as const)("reads %s", (text, kind, target) =>
    expect(parseSecretReference(text, keyPath)).toEqual(reference(kind, target)),
  );

  it.each(["", "hunter2", "password", "env", "env:", "file: ", ":x", "vault:x", "ENV:X", "https://h"])(
    "takes %j for a literal",
    (text) => expect(parseSecretReference(text, keyPath)).toBeNull(),
  );
});

describe("spellSecretReference()", () => {
  it.each([
    [reference("env", "ID"), "env:ID"],
    [reference("file", "/a folder/key"), "file:/a folder/key"],
    [reference("command", "pass"), "command:pass"],
    [reference("command", "curl -H hunter2"), "command:curl …"],
    [reference("command", "curl\t-Hhunter2"), "command:curl …"],
  ])("%o as %s", (wanted, spelling) => expect(spellSecretReference(wanted)).toBe(spelling));
});

describe("commandWords()", () => {
  it.each<readonly [string, readonly string[] | null]>([
    ["pass show pruner", ["pass", "show", "pruner"]],
    ["  pass \t show  ", ["pass", "show"]],
    [`pass "show me" 'the key'`, ["pass", "show me", "the key"]],
    [`a"b c"d'e f'`, ["ab cde f"]],
    [`echo "" ''`, ["echo", "", ""]],
    [String.raw`a\ b`, ["a b"]],
    [String.raw`"say \"yes\" for \$5 in C:\temp"`, [String.raw`say "yes" for $5 in C:\temp`]],
    [String.raw`'no \escape here'`, [String.raw`no \escape here`]],
    ["echo $HOME `id` ; rm -rf * > x", ["echo", "$HOME", "`id`", ";", "rm", "-rf", "*", ">", "x"]],
    [`it's`, null],
    [`"open`, null],
    [`"open\\"`, null],
    ["end\\", null],
    ["", null],
    ["  ", null],
  ])("splits %j", (line, words) => expect(commandWords(line)).toEqual(words));

  it("gives back any words that were put in single quotes", () => {
    const words = fc.array(fc.string({ unit: "grapheme" }), { minLength: 1 });
    fc.assert(
      fc.property(words, (given) => {
        const line = given.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(" ");
        expect(commandWords(line)).toEqual(given);
      }),
    );
  });
});

describe("resolveSecret()", () => {
  it.each([
    [reference("env", "ID"), "variable ID"],
    [reference("file", "/key"), "file /key"],
    [reference("command", "pass 'show me'"), "command pass|show me"],
    [reference("credential", "key"), "credential key"],
  ])("asks the place that %o names", async (wanted, secret) => {
    const found = await resolveSecret(wanted, sources());
    expect(found.reveal()).toBe(secret);
    expect(inspect(found)).not.toContain(secret);
  });

  it("fails with `config`, naming the key and the reference, and passes on what can be done", async () => {
    const trouble = Object.assign(new Error("others may read the file"), { hint: "chmod 600 /key" });
    const failure = await refusalOf(reference("file", "/key"), sources({ file: () => Promise.reject(trouble) }));
    expect(failure).toMatchObject({
      kind: "config",
      subject: keyPath,
      problem: "others may read the file",
      hint: "chmod 600 /key",
      details: { from: "file:/key" },
    });
  });

  it("fails where the secret is empty", async () => {
    const failure = await refusalOf(reference("env", "ID"), sources({ variable: () => Promise.resolve("") }));
    expect(failure).toMatchObject({ kind: "config", problem: "it is empty" });
  });

  it("fails where a quote of the command stays open, and shows no more than its first word", async () => {
    const failure = await refusalOf(reference("command", "curl -H 'hunter2"), sources());
    expect(failure.problem).toBe("the command's quotes are not balanced");
    expect(inspect(failure)).not.toContain("hunter2");
  });
});
