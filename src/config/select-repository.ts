import { Failure } from "../base/failure.ts";
import { nearestWord } from "../base/nearest-word.ts";
import type { Configuration, RepositoryConfiguration } from "./configuration.ts";

/**
 * The repository of that name, or the only one where no name is given. Fails with `usage` where the name is not known
 * or is needed; the hint names the nearest one, or all.
 */
export function selectRepository(configuration: Configuration, name: string | undefined): RepositoryConfiguration {
  const { repositories } = configuration;
  const [first, ...more] = repositories.values();
  if (name === undefined && first !== undefined && more.length === 0) return first;
  const found = name === undefined ? undefined : repositories.get(name);
  if (found !== undefined) return found;
  const names = [...repositories.keys()];
  const nearest = name === undefined ? null : nearestWord(name, names);
  throw new Failure({
    kind: "usage",
    action: "choose the repository",
    subject: name ?? names.join(" or "),
    problem: name === undefined ? "the configuration has more than one" : "the configuration has none of that name",
    hint:
      nearest === null ? `name one of ${names.join(", ")}` : `did you mean ${nearest}? (it has ${names.join(", ")})`,
  });
}
