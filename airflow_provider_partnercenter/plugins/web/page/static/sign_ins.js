// The last sign-in of each connection, for those who may read connections.
import { Chakra, h, useAnswer } from "./airflow.js";
import { DataTable, Foreign, Part, When } from "./parts.js";

const { Badge, Text } = Chakra;

const SOON = 14 * 86_400_000;

// What is to be said about when a refresh token dies.
const health = ({ dies_at: dies }) => {
  const left = new Date(dies) - Date.now();
  if (left <= 0) {
    return ["failed", "expired"];
  }
  return left < SOON ? ["up_for_retry", "expires soon"] : ["success", "good"];
};

const Dies = ({ row }) => {
  if (!row.dies_at) {
    // A secret of the application expires too, and so does a token that is not stored; nobody here knows when.
    return h(Text, {}, "not known");
  }
  const [colorPalette, word] = health(row);
  return [h(When, { at: row.dies_at, key: "when" }), h(Badge, { colorPalette, key: "health" }, word)];
};

const MFA = new Map([[true, "yes"], [false, "no"]]);

const COLUMNS = [
  { cell: (row) => row.connection_id, name: "Connection" },
  { cell: (row) => row.mode, name: "Mode" },
  { cell: (row) => MFA.get(row.mfa) ?? "not known", name: "MFA" },
  { cell: (row) => h(When, { at: row.signed_in_at }), name: "Signed in" },
  { cell: (row) => h(When, { at: row.renewed_at }), name: "Renewed" },
  { cell: (row) => h(Dies, { row }), name: "Would expire" },
  { cell: (row) => h(Foreign, { lines: 4, maxW: "24rem", text: row.note }), name: "Note" },
];

export const SignIns = () => {
  const answer = useAnswer("api/sign-ins");
  // Not everybody may read connections, and who may not misses nothing.
  if (answer.error?.status === 403) {
    return null;
  }
  const rows = answer.data?.rows ?? [];
  return h(Part, { answer, empty: rows.length === 0 && "No worker has signed in yet.", title: "Sign-ins" },
    h(DataTable, { columns: COLUMNS, keyOf: (row) => row.connection_id, label: "Sign-ins", rows }));
};
