import * as z from "zod";
import { parseDuration } from "../base/duration.ts";
import { parseRepositoryLocation } from "../base/repository-location.ts";

/** The schema's own messages: each completes the sentence `KEY …`, and none repeats the value, which may be a secret. */
const must = (what: string) => ({ error: () => `must be ${what}` });

/** Text that is not empty. */
export function text(what = "text, in quotes if it looks like a number") {
  return z.string(must(what)).min(1, must(what)).meta({ title: "text" });
}

/** One text or a list of texts, as restic's repeatable flags take them. */
export function oneOrMore(what = "text, in quotes if it looks like a number") {
  const list = z.array(text(what), must("a list")).min(1, must("a list of at least one"));
  return z
    .union([text(what), list], { error: () => `must be ${what}, or a list of them` })
    .meta({ title: "text or a list of texts" });
}

/** One absolute path or a list: the folder a timer runs in is not the one in which the file was tried. */
export function absolutePaths() {
  const what = "an absolute path";
  const path = absolutePath();
  return z
    .union([path, z.array(path, must("a list")).min(1, must("a list of at least one"))], {
      error: () => `must be ${what}, or a list of them`,
    })
    .meta({ title: "absolute path or a list of them" });
}

export function absolutePath() {
  const message = must("an absolute path");
  return z.string(message).regex(/^\//, message).meta({ title: "absolute path" });
}

export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER) {
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  const message = must(`a whole number ${range}`);
  return z.int(message).min(least, message).max(most, message);
}

export function flag() {
  return z.boolean(must("true or false"));
}

export function choice<const Values extends readonly [string, ...string[]]>(values: Values) {
  return z.enum(values, must(`one of ${values.join(", ")}`));
}

/** How a secret is written: where it is to be found, never what it is. */
export const secretForms = "env:NAME, file:/PATH, command:LINE or credential:NAME";

export function secretReferenceText() {
  const message = must(`a reference to a secret (${secretForms}), never the secret itself`);
  const forms = /^(?:env:[A-Za-z_][A-Za-z0-9_]*|file:\/[^\n]+|command:[ \t]*\S[^\n]*|credential:[A-Za-z0-9_.@-]+)$/;
  return z.string(message).regex(forms, message).meta({ title: "secret reference" });
}

export function durationText(example: string) {
  const message = must(`a length of time such as ${example}`);
  return z
    .string(message)
    .regex(/^(?:\d+[smhdw])+$/, { ...message, abort: true })
    .refine((value) => parseDuration(value) !== null, message)
    .meta({ title: "length of time" });
}

/** restic's own durations for `keep-within`: years, months, days and hours. */
export function calendarDurationText() {
  const message = must("a length of time in years, months, days and hours, such as 1y6m or 14d");
  return z
    .string(message)
    .regex(/^(?:\d+[ymdh])+$/, message)
    .meta({ title: "length of time in y, m (months), d, h" });
}

export function locationText() {
  const example = "s3:https://HOST/BUCKET/PATH";
  const message = must(`an S3 location without a user name or key in it, such as ${example}`);
  return z
    .string(message)
    .regex(/^s3:/, { error: () => `must begin with s3: as restic has it, such as ${example}`, abort: true })
    .refine((value) => parseRepositoryLocation(value) !== null, message)
    .meta({ title: "S3 location" });
}
