// The page in the navigation: what somebody asks every morning, without a click.
import { Chakra, h, query, useAnswer, useCallback, useState } from "./airflow.js";
import { BulkTasks } from "./bulk.js";
import { Customers, OVERDUE_DAYS, columnsOfDenied, keyOf, useQuestion } from "./customers.js";
import { DataTable, Foreign, Links, Part, State, Trouble, When } from "./parts.js";
import { SignIns } from "./sign_ins.js";

const { Box, Button, Heading, SimpleGrid, Text } = Chakra;

/** When today began, for the one who looks. */
export const midnight = () => {
  const now = new Date();
  return new Date(now.getFullYear(), now.getMonth(), now.getDate()).toISOString();
};

const NUMBERS = [
  ["waiting", "Waiting for Microsoft", { state: "in_review" }],
  ["overdue", `In review for ${OVERDUE_DAYS} days or more`, { overdue_days: String(OVERDUE_DAYS), state: "in_review" }],
  ["denied", "Denied and unanswered", { state: "denied" }],
  ["approved_today", "Approved today", { descending: "true", sort: "changed_at", state: "approved" }],
  ["unknown", "Outcome unknown", { state: "unknown" }],
];
const NO_FILTER = { dag_id: "", descending: "", overdue_days: "", qualification: "", search: "", sort: "", who: "" };

const Numbers = ({ answer: { data, error }, set }) => {
  if (error && !data) {
    return h(Trouble, { error, title: "The numbers cannot be shown." });
  }
  return h(SimpleGrid, { columns: { base: 2, lg: NUMBERS.length }, gap: 3, mb: 6 },
    NUMBERS.map(([name, label, filter]) =>
      h(Button, {
        alignItems: "start", flexDirection: "column", gap: 1, h: "auto", justifyContent: "start", key: name, onClick: () => set({ ...NO_FILTER, ...filter }),
        p: 3, textAlign: "start", variant: "outline", whiteSpace: "normal",
      },
      h(Text, { as: "span", fontSize: "2xl", fontWeight: "bold" }, data ? data[name] : "…"),
      h(Text, { as: "span", color: "fg.muted", fontSize: "sm" }, label),
      name === "waiting" && data?.in_bulk > 0 &&
        h(Text, { as: "span", color: "fg.muted", fontSize: "xs" }, `and ${data.in_bulk} in tasks for many customers`))));
};

const MOST_DENIED = 10;

const Denied = ({ onDone, turn }) => {
  const answer = useAnswer(`api/customers?${query({ descending: true, limit: MOST_DENIED, sort: "changed_at", state: "denied" })}`, turn);
  const rows = answer.data?.rows ?? [];
  const more = (answer.data?.total ?? 0) - rows.length;
  return h(Part, { answer, empty: rows.length === 0 && "Nobody is denied and unanswered.", title: "Denied" },
    h(DataTable, { columns: columnsOfDenied(onDone), keyOf, label: "Denied", rows }),
    more > 0 && h(Text, { color: "fg.muted", mt: 2 }, `and ${more} more`));
};

const Verdicts = () => {
  const answer = useAnswer("api/history?limit=20");
  if (answer.error?.status === 403) {
    return null;
  }
  const { assets = [], more = false, verdicts = [] } = answer.data ?? {};
  const empty = assets.length === 0
    ? "There is no history: no task has the outlet verdicts_asset. The documentation says how: Go on from a verdict."
    : verdicts.length === 0 && "No verdict so far.";
  const columns = [
    { cell: (row) => h(When, { at: row.at }), name: "When" },
    { cell: (row) => h(Foreign, { fontFamily: "mono", fontSize: "xs", text: row.customer_id }), name: "Customer" },
    { cell: (row) => h(Foreign, { text: row.qualification }), name: "Qualification" },
    { cell: (row) => h(State, { state: row.outcome }), name: "Verdict" },
    { cell: (row) => h(Foreign, { lines: 4, maxW: "24rem", text: row.reason }), name: "Reason" },
    { cell: (row) => h(Foreign, { lines: 6, maxW: "24rem", text: row.hint }), name: "What to do" },
    { cell: (row) => row.attempts_left, name: "Attempts left" },
    { cell: (row) => row.dag_id && h(Links, { row }), name: "Links" },
  ];
  return h(Part, { answer, empty, title: "Verdicts so far" },
    h(DataTable, { columns, label: "Verdicts so far", rows: verdicts }),
    more && h(Text, { color: "fg.muted", mt: 2 }, "and older ones"));
};

/** The whole page. */
export const Overview = () => {
  const question = useQuestion();
  const [today] = useState(midnight);
  const [turn, setTurn] = useState(0);
  const numbers = useAnswer(`api/counts?${query({ overdue_days: OVERDUE_DAYS, today })}`, turn);
  const onDone = useCallback(() => setTurn((before) => before + 1), []);
  return h(Box, { as: "main", "data-testid": "partnercenter", flexGrow: 1, overflowY: "auto", p: 4 },
    h(Heading, { as: "h1", mb: 4, size: "lg" }, "Partner Center"),
    h(Numbers, { answer: numbers, set: question.set }),
    h(SignIns, {}),
    h(Denied, { onDone, turn }),
    h(Customers, { onDone, question, turn }),
    h(BulkTasks, {}),
    h(Verdicts, {}));
};
