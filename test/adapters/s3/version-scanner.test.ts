import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseVersionPage, type VersionPage } from "../../../src/adapters/s3/version-page.ts";
import { scanVersionPage } from "../../../src/adapters/s3/version-scanner.ts";
import { DamagedXml } from "../../../src/adapters/s3/xml-elements.ts";
import { markerXml, pageXml, versionXml } from "../../stores/scripted-s3.ts";

/** What a reader makes of a page: damage is told without its words, which may name another of several faults. */
function outcome(read: () => VersionPage): VersionPage | "damaged" {
  try {
    return read();
  } catch (error) {
    if (error instanceof DamagedXml) return "damaged";
    throw error;
  }
}

const careful = (page: Buffer): VersionPage | "damaged" => outcome(() => parseVersionPage(page.toString()));
const fast = (page: Buffer): VersionPage | "damaged" => outcome(() => scanVersionPage(page));

const escapes = [
  "&amp;",
  "&lt;",
  "&gt;",
  "&quot;",
  "&apos;",
  "&#65;",
  "&#x1F600;",
  "&nbsp;",
  "&",
  "%41",
  "%",
  "+",
  "%C3%A9",
];
/** A text as it stands in XML. */
const text = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom("a", "data/", "0f", "é", "😀", "~", " ", ">", "-") },
      fc.constantFrom(...escapes),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(""));
/** Pages are mostly whole: one flaw in a row makes the whole page damaged. */
function mostly<T>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<T>, oneIn = 60): fc.Arbitrary<T> {
  return fc.oneof({ weight: oneIn - 1, arbitrary: usual }, { weight: 1, arbitrary: rare });
}

const space = fc.constantFrom("", "", "", " ", "\n  ", "\t");
const goodDate = fc
  .date({ min: new Date("1970-01-01"), max: new Date("2099-12-31"), noInvalidDate: true })
  .map((each) => each.toISOString());
const date = mostly(
  fc.oneof(
    goodDate,
    fc.constantFrom(
      "2026-02-28T23:59:59Z",
      "2024-02-29T00:00:00.5Z",
      "2026-11-20T03:00:00+01:00",
      "1969-12-31T00:00:00Z",
    ),
  ),
  fc.constantFrom("2026-02-30T00:00:00.000Z", "2026-11-31T00:00:00.000Z", "2026-11-20T24:00:00.000Z", "x", ""),
);
const size = mostly(fc.nat().map(String), fc.constantFrom("007", "9007199254740991"), 20);
const anySize = mostly(size, fc.constantFrom("", "9007199254740993", "1e3", "-1"));
const quote = fc.constantFrom("&quot;", "&#34;", '"', "");

interface Field {
  readonly name: string;
  readonly xml: string;
}

function leaf(name: string, value: fc.Arbitrary<string>): fc.Arbitrary<Field> {
  return value.map((each) => ({ name, xml: `<${name}>${each}</${name}>` }));
}

function sometimes(field: fc.Arbitrary<Field>): fc.Arbitrary<Field | null> {
  return fc.option(field, { freq: 4 });
}

const etag = fc.tuple(quote, fc.constantFrom("900150983cd24fb0d6963f7d28e17f72", "", "a&amp;b", "é", "x-2"), quote);
const owner = fc.record({ id: text, name: text, hasId: fc.boolean(), gap: space }).map(({ id, name, hasId, gap }) => ({
  name: "Owner",
  xml: `<Owner>${gap}${hasId ? `<ID>${id}</ID>` : ""}<DisplayName>${name}</DisplayName></Owner>`,
}));
const odd = fc.constantFrom<Field>(
  { name: "Odd", xml: "<RestoreStatus><IsRestoreInProgress>true</IsRestoreInProgress></RestoreStatus>" },
  { name: "Odd", xml: "<StorageClass/>" },
  { name: "Odd", xml: '<Note lang="en">x</Note>' },
  { name: "Odd", xml: "<!-- <Key>z</Key> -->" },
  { name: "Odd", xml: "<Owner><Key>z</Key></Owner>" },
  { name: "Odd", xml: "<Key>z</Key>" },
  { name: "Odd", xml: "<Deep><Owner><ID>z</ID></Owner></Deep>" },
  { name: "Odd", xml: "<Size>0</Size>" },
);

/** The fields that the rows of a page have, each row with its own values, in one order with a few exceptions. */
const row = fc
  .record({
    kind: fc.constantFrom("Version", "Version", "Version", "DeleteMarker"),
    fields: fc.tuple(
      leaf(
        "Key",
        text.map((each) => `k${each}`),
      ),
      leaf(
        "VersionId",
        fc.oneof(text, fc.constant("null")).map((each) => `v${each}`),
      ),
      leaf("IsLatest", fc.constantFrom("true", "false", "truE", "&#116;rue")),
      leaf("LastModified", date),
      sometimes(
        leaf(
          "ETag",
          etag.map((parts) => parts.join("")),
        ),
      ),
      leaf("Size", anySize),
      sometimes(leaf("StorageClass", fc.constantFrom("STANDARD", "GLACIER", "", "a&amp;b"))),
      sometimes(leaf("ChecksumAlgorithm", fc.constantFrom("SHA256", "CRC32"))),
      sometimes(owner),
      mostly(fc.constant(null), odd, 20),
    ),
    gap: space,
    turn: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat(9)),
  })
  .map(({ kind, fields, gap, turn }) => {
    const some = fields.filter((field) => field !== null);
    const turned = [...some.slice(turn), ...some.slice(0, turn)];
    return `<${kind}>${turned.map(({ xml }) => xml).join(gap)}</${kind}>`;
  });

const encodingType = "<EncodingType>url</EncodingType>";
const page = fc
  .record({
    rows: fc.array(row, { maxLength: 12 }),
    gap: space,
    encoding: fc.constantFrom("none", "above", "below"),
    between: mostly(
      fc.constant(""),
      fc.constantFrom("<CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes>", "<Version/>", "<!-- x -->"),
      6,
    ),
    at: fc.nat(12),
    around: mostly<readonly [string, string]>(
      fc.constant(["", ""] as const),
      fc.constantFrom(
        ["", "<NextKeyMarker>m%20</NextKeyMarker>"] as const,
        ["<Wrap>", "</Wrap>"] as const,
        ["<Wrap>", ""] as const,
        ["<!-- <Version>", "-->"] as const,
        ["<!--", ""] as const,
      ),
      6,
    ),
  })
  .map(({ rows, gap, encoding, between, at, around: [opening, ending] }) => {
    const body = rows.toSpliced(at, 0, between).join(gap);
    const [above, below] = [encoding === "above" ? encodingType : "", encoding === "below" ? encodingType : ""];
    return `<?xml version="1.0"?><ListVersionsResult xmlns="x">${above}<IsTruncated>false</IsTruncated>${opening}${body}${ending}${below}</ListVersionsResult>`;
  });

describe("scanVersionPage()", () => {
  it("reads every page as the careful reader does, and calls damaged what it calls damaged", () => {
    fc.assert(
      fc.property(page, (xml) => {
        expect(fast(Buffer.from(xml))).toEqual(careful(Buffer.from(xml)));
      }),
      { numRuns: 2000 },
    );
  });

  it("calls a page damaged where the careful reader does, wherever it is cut or bytes are lost", () => {
    fc.assert(
      fc.property(page, fc.nat(), fc.nat(3), (xml, place, count) => {
        const bytes = Buffer.from(xml);
        const at = place % bytes.length;
        const cut = bytes.subarray(0, at);
        const torn = Buffer.concat([cut, bytes.subarray(at + count)]);
        expect(fast(cut)).toEqual(careful(cut));
        expect(fast(torn)).toEqual(careful(torn));
      }),
      { numRuns: 1000 },
    );
  });

  it("reads rows of more layouts than it remembers", () => {
    const rows = Array.from({ length: 40 }, (_, n) => {
      const extra = Array.from(
        { length: n % 20 },
        (_none, more) => `<X${"y".repeat(more + 1)}>1</X${"y".repeat(more + 1)}>`,
      );
      return versionXml(`k${n.toString().padStart(2, "0")}`, "1").replace("<Owner>", `${extra.join("")}<Owner>`);
    });
    const whole = Buffer.from(pageXml({ rows }));
    expect(fast(whole)).toEqual(careful(whole));
    expect(scanVersionPage(whole).rows).toHaveLength(40);
  });

  it("is not misled by a comment that ends inside a row", () => {
    const row = versionXml("a", "1").replace("Owner</D", "--></D");
    const whole = Buffer.from(pageXml({ rows: ["<!--", row] }));
    expect(fast(whole)).toBe("damaged");
    expect(careful(whole)).toBe("damaged");
  });

  it("keeps nothing of the page: its bytes may be written over", () => {
    const bytes = Buffer.from(
      pageXml({ rows: [versionXml("data/é", "1"), markerXml("data/long-enough-to-be-a-slice", "2")] }),
    );
    const { rows } = scanVersionPage(bytes);
    const before = structuredClone(rows);
    bytes.fill(0x78);
    expect(rows).toEqual(before);
  });
});
