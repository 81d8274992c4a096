/** What came of a trial. `not tried`: this store, this bucket or this key gives no way to tell; `detail` says why. */
export type Got = "allowed" | "refused" | "error" | "not tried";

/** What one way of an attempt came to. */
export interface Outcome {
  /** The way, in a word or two: `in a batch`, `under data/`. */
  readonly form: string;
  readonly got: Got;
  /** What was seen, or what stood in the way; empty where the verdict says it all. */
  readonly detail: string;
}

/** `either`: no harm in it, and no need of it, for that role. */
export type Expected = "allowed" | "refused" | "either";

/** The outcomes of all ways as one: a surprise counts before an error, an error before what was expected. */
export function combined(outcomes: readonly Outcome[], expected: Expected): Omit<Outcome, "form"> {
  const order: readonly Got[] =
    expected === "allowed"
      ? ["refused", "error", "allowed", "not tried"]
      : ["allowed", "error", "refused", "not tried"];
  const got = order.find((each) => outcomes.some((outcome) => outcome.got === each)) ?? "not tried";
  const [first, ...more] = outcomes.filter((outcome) => outcome.got === got);
  if (first === undefined) return { got, detail: "" };
  if (outcomes.length === 1) return { got, detail: first.detail };
  const told = [first, ...more];
  const isWhole = told.length === outcomes.length;
  if (told.every(({ detail }) => detail === first.detail)) {
    return { got, detail: isWhole ? first.detail : joined(told.map(({ form }) => form).join(", "), first.detail) };
  }
  return { got, detail: told.map(({ form, detail }) => joined(form, detail)).join("; ") };
}

function joined(form: string, detail: string): string {
  return detail === "" ? form : `${form}: ${detail}`;
}
