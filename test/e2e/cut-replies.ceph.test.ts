import { realStores } from "../stores/real-stores.ts";
import { describeCuts } from "./cut-replies.ts";

const [ceph] = realStores();
describeCuts(ceph, 20261121);
