// One line on the dashboard.
import { Chakra, h, query, useAnswer, useState } from "./airflow.js";
import { OVERDUE_DAYS } from "./customers.js";
import { midnight } from "./overview.js";
import { To } from "./parts.js";

const { HStack, Text } = Chakra;

const PAGE = "/plugin/partnercenter";

/** The numbers of the overview. Who may not see them sees nothing. */
export const Line = () => {
  const [today] = useState(midnight);
  const { data, error } = useAnswer(`api/counts?${query({ overdue_days: OVERDUE_DAYS, today })}`);
  if (error?.status === 403) {
    return null;
  }
  const told = data
    ? `${data.waiting} waiting, ${data.overdue} of them for ${OVERDUE_DAYS} days or more; ${data.denied} denied and unanswered; ` +
      `${data.approved_today} approved today; ${data.unknown} of unknown outcome`
    : error && `not known: ${error.message}`;
  return h(HStack, { "aria-label": "Partner Center", as: "section", "data-testid": "partnercenter", gap: 3, mb: 2, wrap: "wrap" },
    h(To, { to: PAGE }, "Partner Center"), h(Text, {}, told ?? "…"));
};
