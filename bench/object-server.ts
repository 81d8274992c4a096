import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/* Serves one object of so many MiB under every name: `node object-server.ts MEBIBYTES`. Prints its port. */
const mebibytes = Number(process.argv[2]);
const piece = randomBytes(1024 * 1024);

const server = createServer((_request, response) => {
  response.writeHead(200, { "content-length": mebibytes * piece.length, "x-amz-version-id": "v1" });
  let left = mebibytes;
  const send = (): void => {
    while (left > 0) {
      left -= 1;
      if (!response.write(piece)) return;
    }
    response.end();
  };
  response.on("drain", send);
  send();
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
