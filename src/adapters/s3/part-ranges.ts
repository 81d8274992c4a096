/** One part of an object. */
export interface PartRange {
  /** From 1 on. */
  readonly number: number;
  /** Of its first byte. */
  readonly from: number;
  /** Of its last byte. */
  readonly to: number;
}

/** S3's own limits, in the user guide under "Amazon S3 multipart upload limits". */
const mostParts = 10_000;
const mebibyte = 1024 * 1024;

/** The parts of an object of `size` bytes, one at least; `partSize` is raised where that would be more than 10,000. */
export function partsOf(size: number, partSize: number): readonly PartRange[] {
  const isEnough = size <= mostParts * partSize;
  const each = isEnough ? partSize : Math.ceil(size / mostParts / mebibyte) * mebibyte;
  const count = Math.max(1, Math.ceil(size / each));
  return Array.from({ length: count }, (_, index) => ({
    number: index + 1,
    from: index * each,
    to: Math.min(size, (index + 1) * each) - 1,
  }));
}
