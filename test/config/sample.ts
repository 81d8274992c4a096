import { parseConfiguration } from "../../src/config/parse.ts";
import { Failure } from "../../src/base/failure.ts";

/** A right configuration of one repository; tests spoil a line of it or add lines to `home`. */
export const sample = `repositories:
  home:
    location: s3:https://s3.example.org/backups/home
    password: file:/etc/holdfast/home.password
    keys:
      writer:
        access-key: env:HOME_ID
        secret-key: file:/etc/holdfast/home.writer
`;

/** The sample with further lines under `home`. */
export function sampleWith(lines: string): string {
  return `${sample}${lines.replace(/^(?=.)/gm, "    ")}\n`;
}

/** The sample with one text in place of another, which it must have. */
export function sampleBut(was: string, is: string): string {
  if (!sample.includes(was)) throw new RangeError(`the sample has no ${was}`);
  return sample.replace(was, is);
}

/** What was thrown, which must be a Failure. */
export function failureOf(act: () => unknown): Failure {
  try {
    act();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

/** What is told of a configuration that is refused, as the user reads it. */
export function refusal(text: string): string {
  return failureOf(() => parseConfiguration(text, "config.yaml")).problem;
}
