import { expect, it } from "vitest";
import { inSamePlace } from "../../src/cli/same-place.ts";

it.each([
  [{}, "Next:  holdfast backup home", "Next:  holdfast backup home"],
  [{ config: "/etc/x.yaml" }, "Next:  holdfast backup home", "Next:  holdfast --config /etc/x.yaml backup home"],
  [
    { config: "/a b", stateDir: "/s" },
    "see holdfast snapshots home; or holdfast init home",
    "see holdfast --config '/a b' --state-dir /s snapshots home; or holdfast --config '/a b' --state-dir /s init home",
  ],
  [{ config: "/x" }, "holdfast --help", "holdfast --help"],
])("a next step names the places of this run: %j", (options, text, expected) => {
  expect(inSamePlace(text, { config: undefined, stateDir: undefined, ...options })).toBe(expected);
});
