import { jsonText } from "../base/json-text.ts";
import { InstantText } from "../history/instant-text.ts";
import type { RowRef, UnnumberedStep } from "./step.ts";

/** Writes steps as the JSON of a plan's lines, as JSON.stringify would, at a fraction of its cost. */
export class StepText {
  readonly #dates = new InstantText();

  /** What follows `{"type":"step","n":1,` in the line of the step. */
  tail({ key, action, from, to, markers, reason, proof, nullBelow }: UnnumberedStep): string {
    const rows = `"from":${this.#row(from)},"to":${to === null ? "null" : this.#row(to)}`;
    const lifted = markers.map((id) => `"${jsonText(id)}"`).join(",");
    const why = `"reason":"${jsonText(reason)}","proof":"${proof}"`;
    const below = nullBelow === undefined ? "" : `,"nullBelow":${this.#row(nullBelow)}`;
    return `"key":"${jsonText(key)}","action":"${action}",${rows},"markers":[${lifted}],${why}${below}}`;
  }

  #row({ versionId, kind, lastModified, size, etag }: RowRef): string {
    const begin = `{"versionId":"${jsonText(versionId)}","kind":"${kind}","lastModified":"`;
    const date = this.#dates.format(lastModified);
    if (size === null || etag === null) return `${begin}${date}","size":null,"etag":null}`;
    return `${begin}${date}","size":${size},"etag":"${jsonText(etag)}"}`;
  }
}
