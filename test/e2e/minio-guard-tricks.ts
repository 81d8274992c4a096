import type { S3Request } from "../../src/adapters/s3/signed-request.ts";
import type { RawRequest } from "../stores/raw-http.ts";
import type { Trick } from "./minio-guard-attacks.ts";

const retarget =
  (change: (target: string) => string) =>
  (request: RawRequest): readonly RawRequest[] => [{ ...request, target: change(request.target) }];

const spelt = (name: string): ((request: RawRequest) => readonly RawRequest[]) =>
  retarget((target) => target.replace("versionId=", `${name}=`));

const query =
  (change: (query: Readonly<Record<string, string>>) => Readonly<Record<string, string>>) =>
  (request: S3Request): S3Request => ({ ...request, query: change(request.query ?? {}) });

/** Without the header among the signed ones, so that a store that never sees it finds the signature right. */
const unsigned = (request: S3Request): S3Request => ({ ...request, headers: {} });

const withHeaders =
  (...more: readonly (readonly [string, string])[]) =>
  (request: RawRequest): readonly RawRequest[] => [{ ...request, headers: [...more, ...request.headers] }];

const force = ["x-minio-force-delete", "true"] as const;

/** Ways to say to MinIO what the guard must not let through, in words that the guard might not know. */
export const tricks: readonly Trick[] = [
  { name: "as it is", harm: "put onto a version" },
  { name: "as it is", harm: "delete a version" },
  { name: "as it is", harm: "force delete" },
  { name: "as it is", harm: "snowball" },
  { name: "as it is", harm: "forge a date" },
  { name: "as it is", harm: "forge an etag" },
  { name: "a letter of the name encoded", harm: "put onto a version", after: spelt("version%49d") },
  { name: "a letter of the name encoded", harm: "delete a version", after: spelt("%76ersionId") },
  { name: "the name encoded twice", harm: "put onto a version", after: spelt("version%2549d"), isBlunt: true },
  { name: "the name in lower case", harm: "delete a version", after: spelt("versionid"), isBlunt: true },
  {
    name: "a parameter before that is let through",
    harm: "put onto a version",
    before: query((given) => ({ "x-id": "PutObject", ...given })),
  },
  {
    name: "a # before the parameter",
    harm: "put onto a version",
    before: query((given) => ({ "x-id": "a#", ...given })),
    after: retarget((target) => target.replace("%23", "#")),
  },
  {
    name: "a second question mark",
    harm: "delete a version",
    after: retarget((target) => target.replace("?", "?&?")),
    isBlunt: true,
  },
  {
    name: "empty parameters before",
    harm: "delete a version",
    after: retarget((target) => target.replace("?", "?&&")),
  },
  {
    name: "a semicolon for the ampersand",
    harm: "delete a version",
    before: query((given) => ({ "x-id": "a", ...given })),
    after: retarget((target) => target.replace("&versionId", ";versionId")),
    isBlunt: true,
  },
  {
    name: "the version id twice, the first one empty",
    harm: "delete a version",
    after: retarget((target) => target.replace("versionId=", "versionId=&versionId=")),
    isBlunt: true,
  },
  {
    name: "the whole address in the request line",
    harm: "put onto a version",
    after: (request) => retarget((target) => `http://${hostOf(request)}${target}`)(request),
  },
  {
    name: "the address with the parameter in its host",
    harm: "delete a version",
    after: (request) => retarget((target) => `http://${hostOf(request)}?${target}`)(request),
    isBlunt: true,
  },
  { name: "HTTP/1.0", harm: "put onto a version", after: (request) => [{ ...request, version: "HTTP/1.0" }] },
  { name: "HTTP/1.0", harm: "force delete", after: (request) => [{ ...request, version: "HTTP/1.0" }] },
  {
    name: "the path with dots",
    harm: "delete a version",
    after: retarget((target) => target.replace("/home/", "/home/../home/")),
    isBlunt: true,
  },
  { name: "not signed", harm: "force delete", before: unsigned, after: withHeaders(force) },
  {
    name: "in another case",
    harm: "force delete",
    before: unsigned,
    after: withHeaders(["X-MINIO-force-DELETE", "true"]),
  },
  {
    name: "with underscores",
    harm: "force delete",
    before: unsigned,
    after: withHeaders(["X_Minio_Force_Delete", "true"]),
    isBlunt: true,
    guard: "passes a part",
  },
  {
    name: "twice, the first one no",
    harm: "force delete",
    before: unsigned,
    after: withHeaders(force, [force[0], ""]),
  },
  {
    name: "twice, the first one empty",
    harm: "force delete",
    before: unsigned,
    after: withHeaders([force[0], ""], force),
    isBlunt: true,
    guard: "may do either",
  },
  {
    name: "as 1 for true",
    harm: "force delete",
    before: unsigned,
    after: withHeaders([force[0], "1"]),
  },
  {
    name: "a space after the name",
    harm: "force delete",
    before: unsigned,
    after: withHeaders(["x-minio-force-delete ", "true"]),
    isBlunt: true,
    guard: "is no HTTP",
  },
  {
    name: "folded into the header before",
    harm: "force delete",
    before: unsigned,
    after: withHeaders(["x-other", "a\r\n x-minio-force-delete: true"]),
    isBlunt: true,
    guard: "is no HTTP",
  },
  {
    name: "after a bare line feed",
    harm: "force delete",
    before: unsigned,
    after: withHeaders(["x-other", "a\nx-minio-force-delete: true"]),
  },
  {
    name: "after a bare carriage return",
    harm: "force delete",
    before: unsigned,
    after: withHeaders(["x-other", "a\rx-minio-force-delete: true"]),
    isBlunt: true,
    guard: "is no HTTP",
  },
  {
    name: "named as a header of the connection",
    harm: "forge a date",
    before: unsigned,
    after: withHeaders(["x-minio-source-mtime", "2001-01-01T00:00:00Z"], ["connection", "x-minio-source-mtime"]),
  },
  {
    name: "as a query parameter",
    harm: "force delete",
    before: (request) => query(() => ({ "x-minio-force-delete": "true" }))(unsigned(request)),
    isBlunt: true,
  },
  {
    name: "a harmless request before it on the connection",
    harm: "delete a version",
    after: (request) => [harmless(request), request],
  },
  {
    name: "hidden in the body of a request with two lengths",
    harm: "delete a version",
    after: (request) => [
      {
        ...harmless(request),
        method: "PUT",
        headers: [
          ["host", hostOf(request)],
          ["content-length", "6"],
          ["transfer-encoding", "chunked"],
        ],
        body: Buffer.from("0\r\n\r\nx"),
      },
      request,
    ],
    isBlunt: true,
    guard: "is no HTTP",
  },
];

function hostOf({ headers }: RawRequest): string {
  return headers.find(([name]) => name === "host")?.[1] ?? "";
}

/** Nobody's, and it keeps the connection open. */
function harmless(request: RawRequest): RawRequest {
  return { ...request, method: "GET", target: "/", headers: [["host", hostOf(request)]], body: Buffer.alloc(0) };
}
