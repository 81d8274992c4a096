/** The full key of an object in its bucket, exactly as the store keeps it: decoded, never trimmed, never normalised. */
export type ObjectKey = string & { readonly __objectKey: unique symbol };

/** Any non-empty text is a key; an empty one is refused because `DELETE /bucket/` is another request altogether. */
export function objectKey(text: string): ObjectKey {
  if (text === "") throw new RangeError("an object key is never empty");
  return text as ObjectKey;
}
