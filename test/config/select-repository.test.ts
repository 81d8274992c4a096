import { describe, expect, it } from "vitest";
import { parseConfiguration } from "../../src/config/parse.ts";
import { selectRepository } from "../../src/config/select-repository.ts";
import { failureOf, sample } from "./sample.ts";

const one = parseConfiguration(sample, "config.yaml");
const attic = "  attic: { location: 's3:h/b', keys: { monitor: { access-key: env:M, secret-key: env:N } } }\n";
const two = parseConfiguration(`${sample}${attic}`, "config.yaml");

describe("selectRepository()", () => {
  it("takes the only one where no name is given", () => expect(selectRepository(one, undefined).name).toBe("home"));

  it("takes the one of that name", () => expect(selectRepository(two, "attic").name).toBe("attic"));

  it("does not choose among several", () => {
    const failure = failureOf(() => selectRepository(two, undefined));
    expect(failure).toMatchObject({ kind: "usage", problem: "the configuration has more than one" });
    expect(failure.hint).toBe("name one of home, attic");
  });

  it.each([
    ["the nearest name", two, "hoem", "did you mean home? (it has home, attic)"],
    ["all names where none is near", two, "office", "name one of home, attic"],
    ["the nearest name even where there is only one", one, "hme", "did you mean home? (it has home)"],
  ])("refuses a name that is not known, with %s", (_, configuration, name, hint) => {
    const failure = failureOf(() => selectRepository(configuration, name));
    expect(failure).toMatchObject({ kind: "usage", subject: name, hint });
  });
});
