/** Takes a text in pieces and gives its whole lines. */
export class LineSplitter {
  #rest = "";

  /** The lines that end in this piece, without their newlines. */
  take(piece: string): readonly string[] {
    const lines = piece.split("\n");
    lines[0] = this.#rest + (lines[0] ?? "");
    this.#rest = lines.pop() ?? "";
    return lines;
  }

  /** What follows the last newline: empty for a text that ends in one. */
  get rest(): string {
    return this.#rest;
  }
}
