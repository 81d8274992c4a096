import path from "node:path";

export interface CephPlace {
  readonly folder: string;
  /** Where the packages are unpacked; empty for programs of the system. */
  readonly root: string;
  /** A UUID. */
  readonly clusterId: string;
  /** The gateway's port; the monitor has the next, the object store the ten after that. */
  readonly port: number;
}

/** How many neighbouring ports one cluster takes. */
export const portsNeeded = 13;

/** Where Debian and Ubuntu put shared libraries. */
export const libraryFolder = "usr/lib/x86_64-linux-gnu";

const quiet = [
  "ms",
  "mon",
  "osd",
  "rgw",
  "paxos",
  "auth",
  "rocksdb",
  "leveldb",
  "bluestore",
  "bluefs",
  "bdev",
  "objclass",
  "objecter",
  "rados",
  "optracker",
  "memdb",
  "filestore",
  "throttle",
  "tp",
  "timer",
  "finisher",
  "monc",
  "heartbeatmap",
  "asok",
  "perfcounter",
];

/**
 * The ceph.conf of a cluster of one that keeps all in memory, without cephx, manager, systemd or root. Each line that is
 * not obvious was found by trying (Ceph 16.2.15): without `ms mon client mode = crc` the gateway cannot log in at all,
 * without the tick one start in ten waits five seconds, without tcp_nodelay each reply takes 47 ms.
 */
export function cephSettings(place: CephPlace): string {
  return [
    section("global", globalSettings(place)),
    section("mon", monSettings(place)),
    section("osd", osdSettings(place)),
    section("client", gatewaySettings(place)),
  ].join("\n");
}

function section(name: string, settings: Readonly<Record<string, string | number>>): string {
  return [`[${name}]`, ...Object.entries(settings).map(([key, value]) => `${key} = ${value}`), ""].join("\n");
}

function globalSettings({ folder, root, clusterId, port }: CephPlace): Readonly<Record<string, string | number>> {
  const libraries = path.join(root === "" ? "/" : root, libraryFolder);
  return {
    fsid: clusterId,
    "mon host": `v2:127.0.0.1:${port + 1}/0`,
    "public addr": "127.0.0.1",
    "cluster addr": "127.0.0.1",
    "public network": "127.0.0.0/8",
    "ms bind msgr1": "false",
    "ms bind port min": port + 2,
    "ms bind port max": port + 12,
    "auth cluster required": "none",
    "auth service required": "none",
    "auth client required": "none",
    "ms mon client mode": "crc",
    keyring: "/dev/null",
    "run dir": folder,
    "admin socket": `${folder}/$name.$pid.asok`,
    "pid file": "",
    "crash dir": folder,
    "log file": `${folder}/$name.log`,
    "log to stderr": "false",
    "err to stderr": "true",
    "erasure code dir": `${libraries}/ceph/erasure-code`,
    "plugin dir": `${libraries}/ceph`,
    "osd class dir": `${libraries}/rados-classes`,
    "osd pool default size": 1,
    "osd pool default min size": 1,
    "osd pool default pg num": 1,
    "osd pool default pgp num": 1,
    "osd pool default pg autoscale mode": "off",
    "osd crush chooseleaf type": 0,
    "mon allow pool size one": "true",
    "ms async op threads": 2,
    ...Object.fromEntries(quiet.map((name) => [`debug ${name}`, "0/0"])),
  };
}

function monSettings({ folder }: CephPlace): Readonly<Record<string, string | number>> {
  return {
    "mon data": `${folder}/mon`,
    "paxos propose interval": 0.02,
    "paxos min wait": 0.01,
    "mon data avail crit": 1,
    "mon data avail warn": 2,
    "mon cluster log file": `${folder}/cluster.log`,
  };
}

function osdSettings({ folder }: CephPlace): Readonly<Record<string, string | number>> {
  return {
    "osd data": `${folder}/osd`,
    "osd objectstore": "memstore",
    "memstore device bytes": 8 * 1024 ** 3,
    "osd enable op tracker": "false",
    "osd min pg log entries": 10,
    "osd max pg log entries": 20,
    "osd pg log dups tracked": 10,
    "osd op num shards": 2,
    "osd op num threads per shard": 2,
    "osd crush update on start": "false",
    "osd scrub during recovery": "false",
    "osd scrub begin hour": 3,
    "osd scrub end hour": 4,
  };
}

function gatewaySettings({ port }: CephPlace): Readonly<Record<string, string | number>> {
  return {
    "objecter tick interval": 0.2,
    "rgw frontends": `beast endpoint=127.0.0.1:${port} tcp_nodelay=1`,
    "rgw thread pool size": 64,
    "rgw rados pool pg num min": 1,
    "rgw override bucket index max shards": 1,
    "rgw dynamic resharding": "false",
    "rgw run sync thread": "false",
    "rgw enable ops log": "false",
    "rgw enable usage log": "false",
    "rgw gc obj min wait": 60,
  };
}
