import { describe, expect, it } from "vitest";
import { configurationCandidates, stateFolder, type Place } from "../../src/config/discovery.ts";

const place = (over: Partial<Place>): Place => ({ flag: undefined, variables: {}, isRoot: false, ...over });
const machine = "/etc/holdfast/config.yaml";

describe("configurationCandidates()", () => {
  const all = { HOLDFAST_CONFIG: "/named.yaml", XDG_CONFIG_HOME: "/xdg", HOME: "/home/me" };
  it.each<readonly [string, Place, readonly string[]]>([
    ["the flag alone", place({ flag: "own.yaml", variables: all }), ["own.yaml"]],
    ["$HOLDFAST_CONFIG alone", place({ variables: all }), ["/named.yaml"]],
    [
      "$XDG_CONFIG_HOME, then the machine's",
      place({ variables: { ...all, HOLDFAST_CONFIG: "" } }),
      ["/xdg/holdfast/config.yaml", machine],
    ],
    [
      "~/.config, then the machine's",
      place({ variables: { HOME: "/home/me" } }),
      ["/home/me/.config/holdfast/config.yaml", machine],
    ],
    ["the machine's where there is no home", place({}), [machine]],
    ["the machine's where the home is empty", place({ variables: { HOME: "" } }), [machine]],
    [
      "no relative $XDG_CONFIG_HOME, which would be the current directory",
      place({ variables: { XDG_CONFIG_HOME: "xdg" } }),
      [machine],
    ],
    ["$HOLDFAST_CONFIG where the flag is empty", place({ flag: "", variables: all }), ["/named.yaml"]],
  ])("looks at %s", (_, where, expected) => expect(configurationCandidates(where)).toEqual(expected));
});

describe("stateFolder()", () => {
  it.each<readonly [string, Place, string | null]>([
    ["where the flag says", place({ flag: "/state", variables: { XDG_STATE_HOME: "/xdg" }, isRoot: true }), "/state"],
    ["under $XDG_STATE_HOME", place({ variables: { XDG_STATE_HOME: "/xdg", HOME: "/home/me" } }), "/xdg/holdfast"],
    [
      "under $XDG_STATE_HOME as root too",
      place({ variables: { XDG_STATE_HOME: "/xdg" }, isRoot: true }),
      "/xdg/holdfast",
    ],
    ["in /var/lib/holdfast as root", place({ variables: { HOME: "/root" }, isRoot: true }), "/var/lib/holdfast"],
    [
      "in /var/lib/holdfast as root with a relative $XDG_STATE_HOME",
      place({ variables: { XDG_STATE_HOME: "xdg", HOME: "/root" }, isRoot: true }),
      "/var/lib/holdfast",
    ],
    ["in the home", place({ variables: { HOME: "/home/me" } }), "/home/me/.local/state/holdfast"],
    [
      "in the home where the flag is empty",
      place({ flag: "", variables: { HOME: "/home/me" } }),
      "/home/me/.local/state/holdfast",
    ],
    ["nowhere without a home", place({}), null],
  ])("is %s", (_, where, expected) => expect(stateFolder(where)).toBe(expected));
});
