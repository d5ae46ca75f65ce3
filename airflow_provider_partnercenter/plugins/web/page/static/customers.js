// The table of customers: what it shows, and how it is searched, filtered, sorted and paged by the server.
import { Answer } from "./answer.js";
import { Chakra, h, ours, query, useAnswer, useAddress, useSettled } from "./airflow.js";
import { ACTORS, DataTable, Foreign, Links, Part, STATE_NAMES, State, When } from "./parts.js";

const { Badge, Box, Button, HStack, Input, Link, NativeSelect, Stack, Text } = Chakra;

const SIZE = 50;
const MOST_ROWS = 10_000;
const DAY = 86_400_000;
export const OVERDUE_DAYS = 5;

const begun = (row) => row.requested_at ?? row.waiting_since;
const isOverdue = (row, days) => row.state === "in_review" && begun(row) && Date.now() - new Date(begun(row)) >= days * DAY;

const Who = ({ row }) =>
  h(Box, { maxW: "16rem", minW: "8rem" }, h(Text, {}, ACTORS[row.who]), h(Foreign, { color: "fg.muted", fontSize: "xs", lines: 6, text: row.hint }));

const Customer = ({ row }) =>
  h(Box, { maxW: "18rem", minW: "10rem" },
    h(Foreign, { fontWeight: "medium", text: row.company_name }),
    h(Foreign, { fontFamily: "mono", fontSize: "xs", text: row.customer_id ?? "unknown: look at the task" }));

// The columns of the tables of customers.
const WHOM = { cell: (row) => h(Customer, { row }), name: "Customer", sort: "company_name" };
const WHAT = { cell: (row) => h(Foreign, { minW: "6rem", text: row.qualification }), name: "Qualification", sort: "qualification" };
const REASON = { cell: (row) => h(Foreign, { lines: 4, maxW: "18rem", minW: "8rem", text: row.reason }), name: "Reason" };
const WHO_ACTS = { cell: (row) => h(Who, { row }), name: "Who must act" };
const ATTEMPTS = { cell: (row) => row.attempts_left, name: "Attempts left", sort: "attempts_left" };
const linksOf = (onDone) => ({
  cell: (row) => h(Stack, { align: "start", gap: 1 }, h(Links, { row }), row.asks && h(Answer, { onDone, row })), name: "Links",
});
const stateOf = (days) => ({
  cell: (row) => h(HStack, { gap: 1, wrap: "wrap" }, h(State, { state: row.state }), isOverdue(row, days) && h(Badge, { colorPalette: "failed" }, "Overdue")),
  name: "State", sort: "state",
});

/** What is shown of a customer. `onDone` is called when a question was answered. */
const columnsOf = ({ days, onDone }) => [
  WHOM, WHAT, stateOf(days),
  { cell: (row) => h(When, { at: row.requested_at }), name: "Requested", sort: "requested_at" },
  { cell: (row) => h(When, { at: row.waiting_since }), name: "Waiting since", sort: "waiting_since" },
  { cell: (row) => h(When, { about: true, ago: false, at: row.next_look }), name: "Next look" },
  REASON, WHO_ACTS, ATTEMPTS, linksOf(onDone),
];

/** What is shown of a customer who was denied. */
export const columnsOfDenied = (onDone) => [
  WHOM, WHAT, { cell: (row) => h(When, { at: row.ended_at ?? row.changed_at }), name: "Denied" }, REASON, WHO_ACTS, ATTEMPTS, linksOf(onDone),
];

export const keyOf = (row) => [row.dag_id, row.run_id, row.task_id, row.map_index, row.customer_id, row.qualification].join("\n");

const Select = ({ choices, label, onChange, value }) =>
  h(NativeSelect.Root, { size: "sm", width: "auto" },
    h(NativeSelect.Field, { "aria-label": label, onChange: (event) => onChange(event.target.value), value },
      choices.map(([choice, name]) => h("option", { key: choice, value: choice }, name))),
    h(NativeSelect.Indicator));

const Search = ({ onChange, value }) =>
  h(Input, {
    "aria-label": "Search in company names and ids", maxLength: 500, onChange: (event) => onChange(event.target.value),
    placeholder: "Company name or id", size: "sm", type: "search", value, width: "16rem",
  });

const STATES = [["open", "Not settled"], ["", "All states"], ...Object.entries(STATE_NAMES)];
const DAYS = [["", "Any age"], ["1", "In review for 1 day"], ["3", "In review for 3 days"], ["5", "In review for 5 days"], ["14", "In review for 14 days"]];
const WHO = [["", "Whoever must act"], ...Object.entries(ACTORS)];
const all = (name, found) => [["", name], ...(found ?? []).map((each) => [each, each])];

/** What is asked of the table. It stands in the address of the page, so that it can be sent to somebody. */
export const useQuestion = () => {
  const [params, setParams] = useAddress();
  const get = (name, otherwise = "") => params.get(name) ?? otherwise;
  const set = (changes) =>
    setParams((before) => {
      const after = new URLSearchParams(before);
      // Other rows match, so the first page of them is shown.
      for (const [name, value] of Object.entries({ offset: "", ...changes })) {
        if (value === "" && name !== "state") {
          after.delete(name);
        } else {
          after.set(name, value);
        }
      }
      return after;
    });
  const filters = {
    dag_id: get("dag_id"), overdue_days: get("overdue_days"), qualification: get("qualification"), search: get("search"),
    state: get("state", "open"), who: get("who"),
  };
  const order = { direction: get("descending") ? "desc" : "asc", sort: get("sort", "waiting_since") };
  return { filters, offset: Number.parseInt(get("offset", "0"), 10) || 0, order, set };
};

const Filters = ({ filters, set }) => {
  const { data } = useAnswer("api/choices");
  return h(HStack, { gap: 2, mb: 2, wrap: "wrap" },
    h(Search, { onChange: (search) => set({ search }), value: filters.search }),
    h(Select, { choices: STATES, label: "State", onChange: (state) => set({ state }), value: filters.state }),
    h(Select, { choices: all("All qualifications", data?.qualifications), label: "Qualification", onChange: (qualification) => set({ qualification }), value: filters.qualification }),
    h(Select, { choices: WHO, label: "Who must act", onChange: (who) => set({ who }), value: filters.who }),
    h(Select, { choices: DAYS, label: "Age", onChange: (overdue_days) => set({ overdue_days }), value: filters.overdue_days }),
    h(Select, { choices: all("All Dags", data?.dag_ids), label: "Dag", onChange: (dag_id) => set({ dag_id }), value: filters.dag_id }));
};

// The text is about the rows that are shown, the buttons about those that were asked for last.
const Pager = ({ data: { offset: from, rows, total }, offset, set }) =>
  h(HStack, { gap: 3, mt: 2 },
    h(Button, { disabled: offset === 0, onClick: () => set({ offset: String(Math.max(0, offset - SIZE)) }), size: "xs", variant: "outline" }, "Previous"),
    h(Text, { "aria-live": "polite", fontSize: "sm" }, rows.length === 0 ? "None" : `${from + 1} to ${from + rows.length} of ${total}`),
    h(Button, { disabled: offset + SIZE >= total, onClick: () => set({ offset: String(offset + SIZE) }), size: "xs", variant: "outline" }, "Next"));

/** All customers that match, a page at a time. */
export const Customers = ({ onDone, question: { filters, offset, order, set }, turn }) => {
  const asked = { ...filters, search: useSettled(filters.search), descending: order.direction === "desc" || "", sort: order.sort };
  const answer = useAnswer(`api/customers?${query({ ...asked, limit: SIZE, offset })}`, turn);
  const data = answer.data ?? { offset: 0, rows: [], total: 0 };
  const file = h(Link, { color: "fg.info", download: "", href: ours(`customers.csv?${query(asked)}`) },
    data.total > MOST_ROWS ? `CSV of the first ${MOST_ROWS}` : "CSV");
  return h(Part, { actions: file, answer, title: "Customers" },
    h(Filters, { filters, set }),
    h(DataTable, {
      columns: columnsOf({ days: Number(filters.overdue_days || OVERDUE_DAYS), onDone }), keyOf, label: "Customers",
      onSort: (sort, direction) => set({ descending: direction === "desc" ? "true" : "", sort }), order, rows: data.rows,
    }),
    data.rows.length === 0 && h(Text, { color: "fg.muted", my: 2 }, "No customer matches."),
    h(Pager, { data, offset, set }));
};
