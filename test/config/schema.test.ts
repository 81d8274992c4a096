import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { Failure } from "../../src/base/failure.ts";
import { parseConfiguration } from "../../src/config/parse.ts";
import { configurationSchema } from "../../src/config/schema.ts";

/** A node of the JSON Schema, as far as these tests read it. */
interface Node {
  readonly type?: string;
  readonly title?: string;
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly anyOf?: readonly Node[];
  readonly minimum?: number;
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly propertyNames?: Node;
  readonly additionalProperties?: Node | false;
}

type Fields = Readonly<Record<string, unknown>>;

const schema: Node = configurationSchema();

/** What the parser has against the fields, empty where it takes them. */
function outcome(fields: unknown): string {
  try {
    parseConfiguration(stringify(fields), "c.yaml");
    return "";
  } catch (error) {
    if (error instanceof Failure) return error.problem;
    throw error;
  }
}

/** One right value for each kind of text; a key of a new kind has to be added here. */
const texts: Readonly<Record<string, string>> = {
  text: "500",
  "S3 location": "s3:https://h/b",
  "secret reference": "env:SECRET",
  "absolute path": "/home",
  "absolute path or a list of them": "/home",
  "text or a list of texts": "daily",
  "length of time": "35d",
  "length of time in y, m (months), d, h": "14d",
  "host, paths, tags": "host,tags",
  "IANA zone": "Asia/Kolkata",
};

/** A value with every key that the schema knows, as deep as it goes. */
function everything(node: Node): unknown {
  if (node.properties !== undefined) return fieldsOf(node.properties);
  if (node.additionalProperties) return { home: everything(node.additionalProperties) };
  if (node.enum !== undefined) return node.enum[0];
  if (node.type === "boolean") return true;
  if (node.type === "integer") return Math.max(1, node.minimum ?? 1);
  const value = texts[node.title ?? ""];
  if (value === undefined) throw new Error(`no value is known for ${JSON.stringify(node)}`);
  return value;
}

function fieldsOf(properties: Readonly<Record<string, Node>>): Fields {
  return Object.fromEntries(Object.entries(properties).map(([name, child]) => [name, everything(child)]));
}

interface Place {
  readonly path: readonly string[];
  readonly node: Node;
}

/** Every map of the schema whose keys are fixed, with `home` for the repository's name. */
function mapsOf(node: Node, path: readonly string[] = []): readonly Place[] {
  if (node.additionalProperties) return mapsOf(node.additionalProperties, [...path, "home"]);
  if (node.properties === undefined) return [];
  const inner = Object.entries(node.properties).flatMap(([name, child]) => mapsOf(child, [...path, name]));
  return [{ path, node }, ...inner];
}

/** The fields with `change` made to the map at the path. */
function changed(fields: unknown, [step, ...rest]: readonly string[], change: (map: Fields) => Fields): Fields {
  const map = typeof fields === "object" && fields !== null ? (fields as Fields) : {};
  return step === undefined ? change(map) : { ...map, [step]: changed(map[step], rest, change) };
}

const whole = everything(schema);
const maps = mapsOf(schema);
const words = [...new Set(maps.flatMap(({ node }) => Object.keys(node.properties ?? {})))];
const named = maps.map((place) => [place.path.join(".") || "the file", place] as const);

describe("configurationSchema()", () => {
  it("is a JSON Schema that an editor can read", () => {
    expect(schema).toMatchObject({ $schema: "https://json-schema.org/draft/2020-12/schema", type: "object" });
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
  });

  it("knows the maps of a configuration", () =>
    expect(maps.map(({ path }) => path.join("."))).toEqual([
      "",
      "repositories.home",
      ...["writer", "pruner", "rescuer", "purger", "monitor"].reduce<string[]>(
        (all, role) => [...all, `repositories.home.keys.${role}`],
        ["repositories.home.keys"],
      ),
      "repositories.home.backup",
      "repositories.home.retention",
    ]));

  it("knows no key that the parser refuses", () => expect(outcome(whole)).toBe(""));

  it.each(named)("knows the keys of %s that the parser does, and says so", (_, { path, node }) => {
    expect(node.additionalProperties).toBe(false);
    const told = outcome(changed(whole, path, (map) => ({ ...map, zzzzzzzz: 1 })));
    const known = /known are (.*)$/m.exec(told)?.[1];
    expect(known?.split(", ")).toEqual(Object.keys(node.properties ?? {}));
  });

  it.each(named)("requires in %s what the parser does, and no more", (_, { path, node }) => {
    const missed = Object.keys(node.properties ?? {}).filter((gone) => {
      const without = (map: Fields): Fields =>
        Object.fromEntries(Object.entries(map).filter(([name]) => name !== gone));
      return outcome(changed(whole, path, without)).includes(`${[...path, gone].join(".")}: it is missing`);
    });
    expect(missed).toEqual(node.required ?? []);
  });

  it("and the parser agree on every word in every map", () => {
    const word = fc.oneof(fc.constantFrom(...words), fc.stringMatching(/^[a-z][a-z-]{0,12}$/));
    fc.assert(
      fc.property(fc.constantFrom(...maps), word, ({ path, node }, key) => {
        const isKnown = Object.hasOwn(node.properties ?? {}, key);
        const fields = changed(whole, path, (map) => ({ ...map, [key]: map[key] ?? "x" }));
        expect(outcome(fields)).toMatch(isKnown ? /^$/ : new RegExp(`unknown key "${key}"`));
      }),
      { numRuns: 300 },
    );
  });

  it("describes every key, for the editor and the manual", () => {
    const silent = maps.flatMap(({ path, node }) =>
      Object.entries(node.properties ?? {})
        .filter(([, child]) => (child.description ?? "") === "")
        .map(([name]) => [...path, name].join(".")),
    );
    expect(silent).toEqual([]);
  });

  it("has patterns that JavaScript, and so an editor, can compile", () => {
    const patterns = [...JSON.stringify(schema).matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)].map(
      ([, text = ""]) => text,
    );
    expect(patterns.length).toBeGreaterThan(10);
    for (const pattern of patterns) expect(() => new RegExp(String(JSON.parse(pattern)), "u")).not.toThrow();
  });
});
