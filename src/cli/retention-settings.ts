import { parseDuration } from "../base/duration.ts";
import { Failure } from "../base/failure.ts";
import type { RetentionSettings } from "../retention/plan.ts";
import { mayBeForged } from "./history-reading.ts";
import type { OpenedRepository } from "./open-repository.ts";

/** What the configuration says of keeping and of the rails. Fails with `config` where it says nothing. */
export function retentionSettings({ name, configuration, profile }: OpenedRepository): RetentionSettings {
  const { retention, recoveryWindow, location } = configuration;
  if (retention === null) throw noRetention(name);
  return {
    repository: name,
    prefix: location.prefix,
    rules: retention,
    timeZone: retention["time-zone"],
    limits: {
      burst: retention["burst-limit"],
      tolerance: milliseconds(retention["clock-tolerance"]),
      sizeFactor: retention["size-factor"],
      checkMaxAge: milliseconds(retention["check-max-age"]),
      recoveryWindow,
    },
    historyForgeable: mayBeForged(profile),
  };
}

function milliseconds(text: string): number {
  const duration = parseDuration(text);
  if (duration === null) throw new RangeError(`"${text}" passed the configuration and is no length of time`);
  return duration;
}

function noRetention(name: string): Failure {
  return new Failure({
    kind: "config",
    action: "prune",
    subject: name,
    problem: "the configuration has no retention rules for it",
    hint: `add repositories.${name}.retention to the configuration, for example keep-daily: 7`,
  });
}
