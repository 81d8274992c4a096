import type { Role } from "../base/role.ts";
import type { Outcome } from "./outcome.ts";
import type { Area, Right } from "./rights.ts";
import type { Thief } from "./thief.ts";

/** Something a thief of a key would try. */
export interface Attempt {
  /** As a line of the audit names it: `destroy a version`. */
  readonly name: string;
  /** What it would cost where a key may do this that should not. */
  readonly cost: string;
  /** The right that makes it lawful, and where. `hole`: only a store's own fault allows it, and no policy closes it. */
  readonly needs: { readonly right: Right; readonly area: Area } | "hole" | "nobody";
  /** Who cannot do without it; left out, everyone whom `needs` makes it lawful for. */
  readonly neededBy?: readonly Role[];
  /** The actions that grant it, in S3's words, and on what they would have to be granted. */
  readonly actions: readonly string[];
  readonly on: "bucket" | "objects" | "keys and config" | "all objects" | "service";
  /**
   * Tries it in each of its ways. Touches nothing but canaries and changes no setting. An answer that is neither yes nor
   * no is an `error`. Throws only what is no fault of the store's.
   */
  readonly tryIt: (thief: Thief) => Promise<readonly Outcome[]>;
}
