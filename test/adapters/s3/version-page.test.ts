import { describe, expect, it } from "vitest";
import { parseVersionPage, type VersionPage } from "../../../src/adapters/s3/version-page.ts";
import { scanVersionPage } from "../../../src/adapters/s3/version-scanner.ts";
import { DamagedXml } from "../../../src/adapters/s3/xml-elements.ts";
import { markerXml, pageXml, versionXml } from "../../stores/scripted-s3.ts";

const whole = pageXml({
  rows: [markerXml("a", "m"), versionXml("a", "v"), versionXml("b", "w")],
  next: { key: "b", id: "w" },
});

type Read = (xml: string) => VersionPage;

function problemOf(read: Read, xml: string): string {
  try {
    read(xml);
  } catch (error) {
    if (error instanceof DamagedXml) return error.message;
    throw error;
  }
  return "none";
}

describe.each<[string, Read]>([
  ["parseVersionPage()", parseVersionPage],
  ["scanVersionPage()", (xml) => scanVersionPage(Buffer.from(xml))],
])("%s", (_name, read) => {
  it("keeps markers and versions as they stand in the document", () => {
    const rows = [
      versionXml("a", "3"),
      markerXml("a", "2"),
      versionXml("a", "1"),
      markerXml("b", "5"),
      versionXml("b", "4"),
    ];
    expect(read(pageXml({ rows })).rows.map((row) => `${row.kind} ${row.versionId}`)).toEqual([
      "version 3",
      "marker 2",
      "version 1",
      "marker 5",
      "version 4",
    ]);
  });

  it("reads every field, and of the owner its id", () => {
    const [version, marker] = read(pageXml({ rows: [versionXml("a", "1", 7), markerXml("b", "2")] })).rows;
    expect(version).toEqual({
      kind: "version",
      key: "a",
      versionId: "1",
      isLatest: false,
      lastModified: Date.parse("2026-11-20T03:00:07Z"),
      size: 3,
      etag: "900150983cd24fb0d6963f7d28e17f72",
      storageClass: "STANDARD",
      owner: "owner",
      checksums: null,
    });
    expect(marker).toMatchObject({ kind: "marker", key: "b", versionId: "2" });
  });

  it("knows a page that is cut, at whatever byte", () => {
    expect(problemOf(read, whole)).toBe("none");
    const uncut = Array.from(whole, (_, length) => whole.slice(0, length)).filter(
      (cut) => problemOf(read, cut) === "none",
    );
    expect(uncut).toEqual([]);
  });

  it.each([
    ["an S3 error", "<Error><Code>InternalError</Code></Error>", "it is a Error, not a ListVersionsResult"],
    ["a proxy's page", "<!DOCTYPE html><html><body>Log in</body></html>", "it is a html, not a ListVersionsResult"],
    ["nothing", "", "it is no XML"],
    ["text", "Bad gateway", "it is no XML"],
    [
      "another listing",
      whole.replaceAll("ListVersionsResult", "ListBucketResult"),
      "it is a ListBucketResult, not a ListVersionsResult",
    ],
    ["two pages in one", whole + whole, "more follows after its end"],
    [
      "tags that cross",
      whole.replace("</VersionId></", "</").replace("<VersionId>m", "<VersionId>m</Key>"),
      "its XML closes Key where it was not open",
    ],
    ["half a character", whole.replace("<Key>b", "<Key>&#xD800;"), "it has the character &#xD800;"],
    ["a size with a sign", whole.replace("<Size>3<", "<Size>+3<"), 'a Version has the size "+3"'],
    ["a size of nothing", whole.replace("<Size>3<", "<Size> <"), 'a Version has the size " "'],
    ["a character that there is not", whole.replace("<Key>b", "<Key>&#x110000;"), "it has the character &#x110000;"],
    ["no word of more", whole.replace(/<IsTruncated>.*?<\/IsTruncated>/, ""), "it does not say whether more follows"],
    [
      "a strange word of more",
      whole.replace("<IsTruncated>true", "<IsTruncated>maybe"),
      "it does not say whether more follows",
    ],
    ["a row without a key", whole.replace("<Key>b</Key>", ""), "a Version has no Key"],
    ["an empty key", whole.replace("<Key>b</Key>", "<Key></Key>"), "a Version has no Key"],
    ["a row without an id", whole.replace("<VersionId>m</VersionId>", ""), "a DeleteMarker has no VersionId"],
    [
      "a row without a date",
      whole.replace(/<LastModified>[^<]*<\/LastModified>/, ""),
      "a DeleteMarker has no LastModified",
    ],
    [
      "a date that is none",
      whole.replace("2026-11-20", "2026-02-30"),
      'a DeleteMarker has the date "2026-02-30T03:00:00.000Z"',
    ],
    [
      "a row that does not say whether it is the latest",
      whole.replace("<IsLatest>false</IsLatest>", ""),
      "a DeleteMarker has no IsLatest",
    ],
    ["a version without a size", whole.replace("<Size>3</Size>", ""), "a Version has no Size"],
    ["a size that is none", whole.replace("<Size>3<", "<Size>-3<"), 'a Version has the size "-3"'],
  ])("refuses %s", (_, xml, problem) => expect(problemOf(read, xml)).toBe(problem));

  it.each([
    ["escapes", "&lt;b&gt;&amp;amp;&quot;&apos;&#x41;&#66;&#128512;", "<b>&amp;\"'AB😀"],
    ["spaces at both ends", "  a  ", "  a  "],
    ["what looks encoded", "a%20b+c", "a%20b+c"],
    ["a self-closing tag's name", "&lt;Key/&gt;", "<Key/>"],
  ])("reads a plain key with %s", (_, written, expected) =>
    expect(read(pageXml({ rows: [versionXml(written, "1")] })).rows[0]?.key).toBe(expected),
  );

  it.each([
    ["a%20b%2Bc%2541", "a b+c%41"],
    ["a+b", "a b"],
    ["%F0%9F%98%80%0A%01", "😀\n\u0001"],
    ["100%", "100%"],
  ])("decodes the key %j where the page says that it is encoded", (written, expected) =>
    expect(read(pageXml({ rows: [versionXml(written, "1")], encodingType: "url" })).rows[0]?.key).toBe(expected),
  );

  it.each([
    ["encoded as the keys are", "a%2Bb"],
    ["left as it is, as older Ceph does", "a+b"],
  ])("reads a NextKeyMarker %s", (_, written) => {
    const page = read(
      pageXml({ rows: [versionXml("a%2Bb", "1")], encodingType: "url", next: { key: written, id: "1" } }),
    );
    expect(page).toMatchObject({ isTruncated: true, nextKeyMarker: "a+b", nextVersionIdMarker: "1" });
  });
});
