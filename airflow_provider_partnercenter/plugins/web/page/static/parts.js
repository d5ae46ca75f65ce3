// What more than one place shows.
import { Chakra, RouterLink, between, h, runPage, shown, taskPage, useState } from "./airflow.js";

const { Alert, Badge, Box, Button, Heading, HStack, Link, Skeleton, Table, Text } = Chakra;

/** Text of a customer or of Microsoft: as it is, in whatever direction it is written, and cut where it is too long. */
export const Foreign = ({ lines = 2, text, ...rest }) =>
  text ? h(Text, { as: "bdi", display: "block", lineClamp: lines, overflowWrap: "anywhere", title: text, ...rest }, text) : null;

/** A moment, and how long ago it was. */
export const When = ({ about = false, ago = true, at }) => {
  if (!at) {
    return null;
  }
  const now = new Date();
  const ahead = new Date(at) > now;
  const distance = ahead ? `in ${between(now, at)}` : `${between(at, now)} ago`;
  return h(Box, { as: "time", dateTime: at, title: at },
    h(Text, { whiteSpace: "nowrap" }, about ? `about ${shown(at)}` : shown(at)),
    ago && h(Text, { color: "fg.muted", fontSize: "xs", whiteSpace: "nowrap" }, distance));
};

/** How a customer can stand, for people. */
export const STATE_NAMES = {
  in_review: "In review", denied: "Denied", needs_code: "Needs a code", absent: "No request", timed_out: "Timed out",
  unknown: "Outcome unknown", failed: "Failed", stopped: "Stopped", unreadable: "Not readable", approved: "Approved", given_up: "Given up",
};
// By the names of Airflow's own states, so that they are Airflow's colours.
const COLOURS = { approved: "success", given_up: "skipped", in_review: "deferred", needs_code: "deferred" };

/** How a qualification stands. */
export const State = ({ state }) =>
  state ? h(Badge, { colorPalette: COLOURS[state] ?? "failed" }, STATE_NAMES[state] ?? state.replaceAll("_", " ")) : null;

/** Who can have to act next, for people. */
export const ACTORS = { microsoft: "Microsoft", person: "A person", nobody: "Nobody" };

/** What failed, for people; the rest of the page goes on. */
export const Trouble = ({ error, title }) =>
  h(Alert.Root, { my: 2, role: "alert", status: "error" },
    h(Alert.Indicator),
    h(Alert.Content, {}, h(Alert.Title, {}, title), h(Alert.Description, {}, error.message)));

/** A part of a page with what it is about. It fails by itself. */
export const Part = ({ actions, answer, children, empty, title }) =>
  h(Box, { as: "section", "aria-label": title, mb: 8 },
    h(HStack, { justifyContent: "space-between", mb: 2, wrap: "wrap" }, h(Heading, { as: "h2", size: "md" }, title), actions),
    answer.error && h(Trouble, { error: answer.error, title: `${title}: this cannot be shown.` }),
    answer.data === undefined && !answer.error && h(Skeleton, { height: "6rem" }),
    answer.data !== undefined && (empty ? h(Text, { color: "fg.muted" }, empty) : children));

// Which way a column is sorted, for the eye and for a screen reader.
const DIRECTIONS = { asc: ["ascending", " \u2191"], desc: ["descending", " \u2193"] };

const Head = ({ column: { name, sort }, order, onSort }) => {
  const [spoken, arrow] = DIRECTIONS[order?.sort === sort && sort ? order.direction : ""] ?? ["none", ""];
  if (!sort || !onSort) {
    return h(Table.ColumnHeader, { scope: "col" }, name);
  }
  const turned = order?.sort === sort && order.direction === "asc" ? "desc" : "asc";
  return h(Table.ColumnHeader, { "aria-sort": spoken, scope: "col" },
    h(Button, {
      color: "inherit", fontSize: "inherit", fontWeight: "inherit", h: "auto", minW: 0, onClick: () => onSort(sort, turned), p: 0, variant: "plain",
    }, `${name}${arrow}`));
};

/**
 * A table.
 *
 * A column has a `name`, a function `cell` that shows a row, and the name to `sort` by if the server can.
 */
export const DataTable = ({ columns, keyOf, label, onSort, order, rows }) =>
  // It can be scrolled sideways, with the keyboard too.
  h(Table.ScrollArea, { "aria-label": label, borderWidth: "1px", role: "group", rounded: "md", tabIndex: 0 },
    h(Table.Root, { size: "sm" },
      h(Table.Header, {}, h(Table.Row, {}, columns.map((column) => h(Head, { column, key: column.name, onSort, order })))),
      h(Table.Body, {}, rows.map((row, number) =>
        h(Table.Row, { key: keyOf?.(row) ?? number }, columns.map(({ cell, name }) =>
          h(Table.Cell, { key: name, verticalAlign: "top" }, cell(row))))))));

export const To = ({ children, to }) => h(Link, { asChild: true, color: "fg.info" }, h(RouterLink, { to }, children));

export const Outside = ({ children, href }) =>
  h(Link, { color: "fg.info", href, rel: "noopener noreferrer", target: "_blank" }, children);

/** Links from a row to where it comes from. */
export const Links = ({ row }) =>
  h(HStack, { columnGap: 3, maxW: "9rem", rowGap: 0, wrap: "wrap" },
    h(To, { to: runPage(row) }, "Run"),
    h(To, { to: taskPage(row) }, "Task"),
    row.link && h(Outside, { href: row.link }, "Partner Center"));

/** A text that is to be copied, for example into a ticket for Microsoft's support. */
export const Copied = ({ label, text }) => {
  const [done, setDone] = useState(false);
  // Browsers have it only on https and on this machine.
  const copy = () => navigator.clipboard?.writeText(text).then(() => setDone(true));
  return h(HStack, { gap: 2 },
    h(Text, { as: "code", fontSize: "xs", overflowWrap: "anywhere" }, text),
    navigator.clipboard && h(Button, { "aria-label": `Copy ${label}`, onClick: copy, size: "2xs", variant: "outline" }, done ? "Copied" : "Copy"));
};
