const hidden = "[secret]";
const customInspect = Symbol.for("nodejs.util.inspect.custom");

/** A value that does not show itself: in text, JSON and inspection it is `[secret]`. `reveal` is the only way out. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return hidden;
  }

  toJSON(): string {
    return hidden;
  }

  [customInspect](): string {
    return hidden;
  }
}
