import { ChainWriter } from "../base/chained-lines.ts";
import type { Line } from "../base/chained-lines.ts";
import type { LineFile } from "../base/state-folder.ts";
import { headerLine } from "./plan-lines.ts";
import type { PlanHeader } from "./plan-lines.ts";
import type { RollbackTotals } from "./plan-totals.ts";

/**
 * Writes a plan line by line: the header first, the steps in their safe order, what is ambiguous, lost or found, and the
 * totals last. Fails as the file does; a plan without its totals is not taken by anybody.
 */
export class PlanWriter {
  readonly #file: LineFile;
  readonly #chain = new ChainWriter();
  #steps = 0;

  private constructor(file: LineFile) {
    this.#file = file;
  }

  static async begin(file: LineFile, header: PlanHeader): Promise<PlanWriter> {
    const writer = new PlanWriter(file);
    await writer.line(headerLine(header));
    return writer;
  }

  async line(line: Line): Promise<void> {
    await this.#file.write(this.#chain.line(line));
  }

  /** Numbers steps and writes them; each is the JSON of its line from `key` on, see `StepText`. */
  async steps(tails: readonly string[]): Promise<void> {
    if (tails.length === 0) return;
    await this.#file.write(
      tails.map((tail) => this.#chain.text(`{"type":"step","n":${++this.#steps},${withoutBrace(tail)}`)).join("\n"),
    );
  }

  /** As `steps`, for lines that are not numbered. */
  async others(type: "ambiguous" | "unrecoverable" | "finding", tails: readonly string[]): Promise<void> {
    if (tails.length === 0) return;
    await this.#file.write(tails.map((tail) => this.#chain.text(`{"type":"${type}",${withoutBrace(tail)}`)).join("\n"));
  }

  /** The hash of the last line. Durable on return; the file is left closed. */
  async finish(totals: RollbackTotals): Promise<string> {
    await this.line({ type: "totals", ...totals });
    await this.#file.flush();
    await this.#file.close();
    return this.#chain.last;
  }

  /** Closes a file that will not be finished. */
  async abandon(): Promise<void> {
    await this.#file.close().catch(() => undefined);
  }
}

function withoutBrace(tail: string): string {
  return tail.slice(0, -1);
}
