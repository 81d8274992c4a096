/** The codes by which stores refuse a single entry of a batch for want of a right. */
export const denials: ReadonlySet<string> = new Set(["AccessDenied", "Forbidden", "AllAccessDisabled"]);
