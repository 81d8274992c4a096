import type { Instant } from "../base/instant.ts";
import type { ObjectKey } from "../base/object-key.ts";
import { compareKeys, keyHistories, rowName } from "../history/key-history.ts";
import type { HistoryPages, KeyHistory } from "../history/key-history.ts";
import { currentRow } from "../history/state-at.ts";
import type { HistoryRow } from "../store/object-version.ts";

/** What an earlier listing says of one key. */
export interface SeenRows {
  /** When that listing began. */
  readonly begunAt: Instant;
  has(row: HistoryRow): boolean;
  /** Whether a read of the key was answered with that row then. */
  wasCurrent(row: HistoryRow): boolean;
}

/** Walks through an earlier listing beside a later one, holding one key. */
export class EarlierListing {
  readonly #begunAt: Instant;
  readonly #histories: AsyncGenerator<KeyHistory>;
  #head: KeyHistory | null = null;
  #isOver = false;

  constructor(begunAt: Instant, pages: HistoryPages) {
    this.#begunAt = begunAt;
    this.#histories = keyHistories(pages);
  }

  /** `key` comes after that of the call before. Fails as the pages do. */
  async of(key: ObjectKey): Promise<SeenRows> {
    while (!this.#isOver && (this.#head === null || compareKeys(this.#head.key, key) < 0)) {
      const next = await this.#histories.next();
      this.#isOver = next.done === true;
      this.#head = next.done === true ? null : next.value;
    }
    return seenRows(this.#begunAt, this.#head?.key === key ? this.#head.rows : []);
  }

  /** To the end, so that damage behind the last key that was asked for is told too. */
  async finish(): Promise<void> {
    while (!this.#isOver) this.#isOver = (await this.#histories.next()).done === true;
  }

  async close(): Promise<void> {
    await this.#histories.return(undefined);
  }
}

function seenRows(begunAt: Instant, rows: readonly HistoryRow[]): SeenRows {
  const names = new Set(rows.map(rowName));
  const current = currentRow(rows);
  const currentName = current === null ? null : rowName(current);
  return { begunAt, has: (row) => names.has(rowName(row)), wasCurrent: (row) => rowName(row) === currentName };
}
