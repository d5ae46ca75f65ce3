// The tab of a run and of a task: what happened to each customer.
import { Answer } from "./answer.js";
import { Chakra, h, query, shown, useAnswer } from "./airflow.js";
import { BulkTable } from "./bulk.js";
import { ACTORS, Copied, Foreign, Links, Part, State } from "./parts.js";

const { Box, DataList, Heading, HStack, Text, Timeline } = Chakra;

const Fact = ({ children, name }) =>
  children ? h(DataList.Item, {}, h(DataList.ItemLabel, {}, name), h(DataList.ItemValue, {}, children)) : null;

const HAPPENINGS = {
  read: "Read", requested: "Requested", waiting: "Began to wait", look: "Looked", asked: "A person was asked", answered: "A person answered", ended: "Ended",
};

const Entry = ({ entry }) =>
  h(Timeline.Item, {},
    h(Timeline.Connector, {}, h(Timeline.Separator), h(Timeline.Indicator)),
    h(Timeline.Content, {},
      h(Timeline.Title, {}, HAPPENINGS[entry.what] ?? entry.what),
      entry.at && h(Text, { as: "time", color: "fg.muted", dateTime: entry.at, fontSize: "xs", title: entry.at }, shown(entry.at)),
      h(Foreign, { fontSize: "sm", lines: 6, text: entry.text }),
      entry.correlation_id && h(Copied, { label: "the correlation id", text: entry.correlation_id })));

const Told = ({ onDone, story }) =>
  h(Box, { borderWidth: "1px", mb: 4, p: 4, rounded: "md" },
    h(HStack, { justifyContent: "space-between", mb: 3, wrap: "wrap" },
      h(Box, {},
        h(Heading, { as: "h3", size: "sm" }, h(Foreign, { text: story.company_name || story.customer_id })),
        h(Foreign, { color: "fg.muted", fontFamily: "mono", fontSize: "xs", text: story.company_name ? story.customer_id : "" })),
      h(HStack, { gap: 3 }, h(State, { state: story.state }), h(Links, { row: story }), story.asks && h(Answer, { onDone, row: story }))),
    h(DataList.Root, { mb: 4, orientation: "horizontal", size: "sm" },
      h(Fact, { name: "Qualification" }, story.qualification && h(Foreign, { text: story.qualification })),
      h(Fact, { name: "Reason" }, story.reason && h(Foreign, { lines: 6, text: story.reason })),
      h(Fact, { name: "Who must act" }, ACTORS[story.who]),
      h(Fact, { name: "What to do" }, story.hint && h(Foreign, { lines: 6, text: story.hint })),
      h(Fact, { name: "Attempts left" }, story.attempts_left === null ? null : String(story.attempts_left)),
      h(Fact, { name: "Next look" }, story.next_look && `about ${shown(story.next_look)}`),
      h(Fact, { name: "Request id" }, story.request_id && h(Copied, { label: "the request id", text: story.request_id })),
      h(Fact, { name: "Correlation id" }, story.correlation_id && h(Copied, { label: "the correlation id", text: story.correlation_id }))),
    h(Timeline.Root, { size: "sm" }, story.entries.map((entry, number) => h(Entry, { entry, key: number }))));

export const Story = ({ dagId, mapIndex, runId, taskId }) => {
  const answer = useAnswer(`api/stories?${query({ dag_id: dagId, map_index: mapIndex, run_id: runId, task_id: taskId })}`);
  const { bulk = [], stories = [], total = 0 } = answer.data ?? {};
  const empty = stories.length + bulk.length === 0 && `No customer was dealt with in this ${taskId ? "task" : "run"} so far.`;
  return h(Box, { "data-testid": "partnercenter", p: 4 },
    h(Part, { answer, empty, title: "Qualification" },
      stories.map((story) => h(Told, { key: `${story.task_id} ${story.map_index}`, onDone: answer.reload, story })),
      total > stories.length && h(Text, { color: "fg.muted", mb: 4 }, `the first ${stories.length} of ${total}`),
      bulk.length > 0 && h(BulkTable, { rows: bulk })));
};
