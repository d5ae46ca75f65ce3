// The tasks for many customers: one row each, and the customers of one when somebody asks for them.
import { Chakra, Fragment, h, query, useAnswer, useState } from "./airflow.js";
import { DataTable, Foreign, Links, Part, State, Trouble, When } from "./parts.js";

const { Box, Button, Skeleton, Text } = Chakra;

const COUNTED = ["in_review", "approved", "denied", "refused", "failed", "rest"];
const told = (counts) =>
  COUNTED.filter((name) => counts[name]).map((name) => `${counts[name]} ${name.replaceAll("_", " ")}`).join(", ");

const CUSTOMER = [
  { cell: (row) => h(Foreign, { fontFamily: "mono", fontSize: "xs", text: row.customer_id }), name: "Customer" },
  { cell: (row) => h(Foreign, { text: row.qualification }), name: "Qualification" },
  { cell: (row) => h(State, { state: row.outcome }), name: "Outcome" },
  { cell: (row) => h(Foreign, { lines: 4, maxW: "24rem", text: row.reason }), name: "Reason" },
  { cell: (row) => h(Foreign, { lines: 6, maxW: "24rem", text: row.hint }), name: "What to do" },
  { cell: (row) => row.attempts_left, name: "Attempts left" },
];

const Customers = ({ row }) => {
  const { dag_id, map_index, run_id, task_id } = row;
  const { data, error } = useAnswer(`api/bulk/customers?${query({ dag_id, map_index, run_id, task_id })}`);
  if (error) {
    return h(Trouble, { error, title: "The customers cannot be shown." });
  }
  if (!data) {
    return h(Skeleton, { height: "4rem" });
  }
  if (data.problem) {
    return h(Trouble, { error: { message: `${data.problem}${row.path ? ` They are in ${row.path}.` : ""}` }, title: "The customers cannot be read here." });
  }
  return h(Box, {},
    h(DataTable, { columns: CUSTOMER, label: `Customers of ${task_id}`, rows: data.customers }),
    data.total > data.customers.length && h(Text, { color: "fg.muted" }, `the first ${data.customers.length} of ${data.total}`));
};

const More = ({ row }) => {
  const [open, setOpen] = useState(false);
  return h(Fragment, {},
    h(Button, { "aria-expanded": open, onClick: () => setOpen(!open), size: "xs", variant: "outline" }, open ? "Hide customers" : "Show customers"),
    open && h(Customers, { row }));
};

const COLUMNS = [
  { cell: (row) => h(Box, {}, h(Text, {}, row.dag_id), h(Text, { color: "fg.muted", fontSize: "xs" }, row.run_id)), name: "Run" },
  { cell: (row) => row.counts.total, name: "Customers" },
  { cell: (row) => told(row.counts), name: "How they stand" },
  { cell: (row) => row.state.replaceAll("_", " "), name: "State of the task" },
  { cell: (row) => h(When, { at: row.waiting_since }), name: "Waiting since" },
  { cell: (row) => h(When, { at: row.until }), name: "Until" },
  { cell: (row) => h(Links, { row }), name: "Links" },
  { cell: (row) => h(More, { row }), name: "Each customer" },
];

export const BulkTable = ({ rows }) => h(DataTable, {
  columns: COLUMNS, keyOf: (row) => [row.dag_id, row.run_id, row.task_id, row.map_index].join("\n"), label: "Tasks for many customers", rows,
});

export const BulkTasks = () => {
  const answer = useAnswer("api/bulk?limit=50");
  const { rows = [], total = 0 } = answer.data ?? {};
  // Most installations have none.
  if (answer.data && total === 0 && !answer.error) {
    return null;
  }
  return h(Part, { answer, title: "Tasks for many customers" },
    h(BulkTable, { rows }),
    total > rows.length && h(Text, { color: "fg.muted" }, `the first ${rows.length} of ${total}`));
};
