import { expect, it } from "vitest";
import { keyFindings } from "../../src/config/key-findings.ts";
import { parseConfiguration } from "../../src/config/parse.ts";

function findingsWith(keys: Readonly<Record<string, string>>): readonly string[] {
  const lines = Object.entries(keys).map(
    ([role, secret]) => `      ${role}: { access-key: "env:ID", secret-key: ${JSON.stringify(secret)} }`,
  );
  const head = ["repositories:", "  home:", "    location: s3:https://s3.example.org/backups/home"];
  const text = [...head, "    password: file:/etc/holdfast/password", "    keys:", ...lines].join("\n");
  return keyFindings(parseConfiguration(text, "config.yaml")).map(({ rule, severity }) => `${severity} ${rule}`);
}

it.each([
  ["the rescuer's key lies in a file", { writer: "file:/w", rescuer: "file:/r" }, ["warning rescuer-beside-writer"]],
  ["systemd hands it out", { writer: "file:/w", rescuer: "credential:r" }, ["warning rescuer-beside-writer"]],
  ["it comes from a drawer", { writer: "file:/w", rescuer: "env:R" }, ["notice rescuer-beside-writer"]],
  ["a password manager asks", { writer: "file:/w", rescuer: "command:pass r" }, ["notice rescuer-beside-writer"]],
  ["there is no writer", { pruner: "file:/p", rescuer: "file:/r" }, []],
  ["there is no rescuer", { writer: "file:/w", pruner: "file:/p" }, []],
])("keyFindings() where %s", (_, keys, expected) => expect(findingsWith(keys)).toEqual(expected));
