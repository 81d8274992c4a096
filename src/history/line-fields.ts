import type { Line } from "../base/chained-lines.ts";
import { Failure } from "../base/failure.ts";
import { parseInstant } from "../base/instant.ts";
import type { Instant } from "../base/instant.ts";

/** What a file is and where it stands, for messages: `plan`, `evidence`, `journal`. */
export interface FileOfLines {
  readonly what: string;
  readonly path: string;
}

/** A file of ours that cannot be used; nothing may be written to a bucket on its word. */
export function damagedFile(file: FileOfLines, problem: string): Failure {
  return new Failure({
    kind: "damaged-file",
    action: `use the ${file.what}`,
    subject: file.path,
    problem,
    hint: hints[file.what] ?? "Nothing was written. Bring the file back from a copy, or make a new plan.",
  });
}

const hints: Readonly<Record<string, string>> = {
  journal:
    "Nothing was written by this run. Bring the file back from a copy; without it nobody can tell what the plan has done, and a new plan, to the same instant or another, goes by what the bucket shows.",
};

/** Reads the fields of one line; every reader fails with `damaged-file` that names line and field. */
export class Fields {
  readonly #line: Line;
  readonly #file: FileOfLines;
  readonly #number: number;

  constructor(line: Line, file: FileOfLines, number: number) {
    this.#line = line;
    this.#file = file;
    this.#number = number;
  }

  text(name: string): string {
    const value = this.#line[name];
    return typeof value === "string" && value !== "" ? value : this.#fail(name, "text");
  }

  /** Like `text`, but may be empty: a repository at the top of its bucket has no prefix. */
  textOrEmpty(name: string): string {
    const value = this.#line[name];
    return typeof value === "string" ? value : this.#fail(name, "text");
  }

  textOrNull(name: string): string | null {
    return this.#line[name] === null ? null : this.textOrEmpty(name);
  }

  /** Null where the line was written without such a field. */
  textIfAny(name: string): string | null {
    return this.#line[name] === undefined ? null : this.text(name);
  }

  count(name: string): number {
    const value = this.#line[name];
    return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : this.#fail(name, "a count");
  }

  countOrNull(name: string): number | null {
    return this.isNull(name) ? null : this.count(name);
  }

  isNull(name: string): boolean {
    return this.#line[name] === null;
  }

  /** Whether the line was written with such a field. */
  has(name: string): boolean {
    return this.#line[name] !== undefined;
  }

  flag(name: string): boolean {
    const value = this.#line[name];
    return typeof value === "boolean" ? value : this.#fail(name, "true or false");
  }

  /** False where the line was written before there was such a field. */
  flagIfAny(name: string): boolean {
    return this.#line[name] === undefined ? false : this.flag(name);
  }

  instant(name: string): Instant {
    return parseInstant(this.text(name)) ?? this.#fail(name, "an instant");
  }

  oneOf<T extends string>(name: string, words: readonly T[]): T {
    const value = this.#line[name];
    return words.find((word) => word === value) ?? this.#fail(name, words.join(" or "));
  }

  texts(name: string): readonly string[] {
    const value: unknown = this.#line[name];
    if (!Array.isArray(value)) return this.#fail(name, "a list");
    return value.map((entry: unknown) =>
      typeof entry === "string" && entry !== "" ? entry : this.#fail(name, "texts"),
    );
  }

  within(name: string): Fields {
    return this.#nested(this.#line[name], name);
  }

  withinOrNull(name: string): Fields | null {
    return this.#line[name] === null ? null : this.within(name);
  }

  list(name: string): readonly Fields[] {
    const value: unknown = this.#line[name];
    if (!Array.isArray(value)) return this.#fail(name, "a list");
    return value.map((entry: unknown) => this.#nested(entry, name));
  }

  /** Empty where the line was written before there was such a field. */
  listIfAny(name: string): readonly Fields[] {
    return this.#line[name] === undefined ? [] : this.list(name);
  }

  #nested(value: unknown, name: string): Fields {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return this.#fail(name, "an object");
    return new Fields(value as Line, this.#file, this.#number);
  }

  /** For what only the caller can know to be wrong. */
  wrong(problem: string): Failure {
    return damagedFile(this.#file, `line ${this.#number}: ${problem}`);
  }

  #fail(name: string, wanted: string): never {
    throw this.wrong(`"${name}" is not ${wanted}`);
  }
}
