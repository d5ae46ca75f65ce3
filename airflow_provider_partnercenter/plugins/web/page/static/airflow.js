// What Airflow's UI lends: its React, its components and its router, so that colours, dark mode and links are Airflow's.
// Nothing here is built: a browser runs these files as they are.
export const { createElement: h, Fragment, useCallback, useEffect, useId, useRef, useState } = globalThis.React;
export const Chakra = globalThis.ChakraUI;
export const { Link: RouterLink } = globalThis.ReactRouterDOM;
const { useSearchParams } = globalThis.ReactRouterDOM;

// Airflow may be served below a path.
const root = new URL(document.baseURI).pathname.replace(/\/$/u, "");
export const ours = (path) => `${root}/partnercenter/${path}`;
export const airflows = (path) => `${root}/api/v2/${path}`;

// Where a page of Airflow's UI is. Each part of it may contain whatever a DAG author has chosen.
export const runPage = ({ dag_id: dag, run_id: run }) => `/dags/${encodeURIComponent(dag)}/runs/${encodeURIComponent(run)}`;
export const taskPage = (row) =>
  `${runPage(row)}/tasks/${encodeURIComponent(row.task_id)}${row.map_index >= 0 ? `/mapped/${row.map_index}` : ""}`;

/** Return what a query has to say, without what is empty. */
export const query = (members) => {
  const given = Object.entries(members).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
};

// Answers of Airflow and of ours are JSON; what a proxy in between answers may be anything.
const told = async (answer) => {
  const body = await answer.json().catch(() => ({}));
  if (typeof body.detail === "string") {
    return body.detail;
  }
  return { 401: "Your session has ended. Sign in again.", 403: "You may not see this." }[answer.status] ?? `HTTP ${answer.status}`;
};

/** Ask, and return the answer; fail with a text for people, and the status. */
export const ask = async (address, { body, method = "GET", signal } = {}) => {
  const headers = body === undefined ? {} : { "Content-Type": "application/json" };
  const answer = await fetch(address, {
    body: body === undefined ? undefined : JSON.stringify(body),
    credentials: "same-origin",
    headers,
    method,
    signal,
  });
  if (!answer.ok) {
    throw Object.assign(new Error(await told(answer)), { status: answer.status });
  }
  return answer.json();
};

const EVERY = 30_000;

/**
 * Ask one of our routes, and again every half minute while somebody looks.
 *
 * What was answered last stays while the next answer is on its way, and when it fails: `error` says so then.
 * `since` is something that changes when the answer may have changed.
 */
export const useAnswer = (path, since) => {
  const [state, setState] = useState({});
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    const load = () =>
      ask(ours(path), { signal: stop.signal })
        .then((data) => setState({ data }))
        .catch((error) => stop.signal.aborted || setState((before) => ({ ...before, error })));
    load();
    const timer = setInterval(() => document.hidden || load(), EVERY);
    return () => {
      stop.abort();
      clearInterval(timer);
    };
  }, [path, turn, since]);
  const reload = useCallback(() => setTurn((before) => before + 1), []);
  return { ...state, reload };
};

/**
 * What the query of the page's address says, and a function to change it.
 *
 * The router takes a change over only after a while, and hands out what was before until then. So the truth is kept
 * here, and the address follows; else the second of two quick changes would undo the first.
 */
export const useAddress = () => {
  const [address, setAddress] = useSearchParams();
  const [params, setParams] = useState(address);
  // What was written to the address and is not seen there yet.
  const written = useRef([]);
  useEffect(() => {
    const text = params.toString();
    if (text !== (written.current.at(-1) ?? address.toString())) {
      written.current.push(text);
      setAddress(params, { replace: true });
    }
  }, [params]);
  useEffect(() => {
    const place = written.current.indexOf(address.toString());
    // Not of ours: somebody followed a link, or went back.
    if (place < 0) {
      setParams(address);
    }
    written.current.splice(0, place < 0 ? Infinity : place + 1);
  }, [address]);
  return [params, setParams];
};

const SETTLED_AFTER = 300;

/** Return a value once it has not changed for a moment, so that not each letter of a search is a query. */
export const useSettled = (value) => {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), SETTLED_AFTER);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
};

// Airflow's UI remembers there which time zone its user has chosen.
const timeZone = () => {
  try {
    return JSON.parse(localStorage.getItem("timezone")) ?? undefined;
  } catch {
    return undefined;
  }
};

/** Return a moment for people: its date, and the time to the minute. */
export const shown = (text) => {
  const options = { dateStyle: "medium", timeStyle: "short" };
  try {
    return new Date(text).toLocaleString("en-GB", { ...options, timeZone: timeZone() });
  } catch {
    return new Date(text).toLocaleString("en-GB", options);
  }
};

const UNITS = [[86_400, "d"], [3600, "h"], [60, "min"]];

/** Return how much time is between two moments, for people: its largest unit. */
export const between = (from, to) => {
  const seconds = Math.max(0, (new Date(to) - new Date(from)) / 1000);
  const [size, unit] = UNITS.find(([size]) => seconds >= size) ?? [1, "s"];
  return `${Math.floor(seconds / size)} ${unit}`;
};
