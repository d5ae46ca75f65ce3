// A person answers what a task asks: by Airflow's own API, with the rights that the person has in Airflow.
import { airflows, ask, Chakra, h, taskPage, useEffect, useState } from "./airflow.js";
import { Foreign, To, Trouble } from "./parts.js";

const { Button, CloseButton, Dialog, Field, HStack, Input, NativeSelect, Portal, Skeleton, Stack, Text } = Chakra;

const addressOf = (row) =>
  airflows(
    `dags/${encodeURIComponent(row.dag_id)}/dagRuns/${encodeURIComponent(row.run_id)}` +
      `/taskInstances/${encodeURIComponent(row.task_id)}/${row.map_index}/hitlDetails`,
  );

// What the form has to bring back as it is: it names whom, and which denial, the answer is about.
const isFixed = ({ schema, value }) => value !== null && !schema.enum;

const FormField = ({ name, onChange, param: { description, schema }, value }) =>
  h(Field.Root, { key: name },
    h(Field.Label, {}, schema.title ?? name),
    schema.enum
      ? h(NativeSelect.Root, {},
          h(NativeSelect.Field, { onChange: (event) => onChange(event.target.value), value: value ?? "" },
            schema.enum.map((choice) => h("option", { key: choice ?? "", value: choice ?? "" }, choice ?? "as before"))),
          h(NativeSelect.Indicator))
      : h(Input, { onChange: (event) => onChange(event.target.value), value: value ?? "" }),
    description && h(Field.HelperText, {}, description));

const Form = ({ form, onChange, params }) =>
  Object.entries(params).filter(([, param]) => !isFixed(param)).map(([name, param]) =>
    h(FormField, {
      key: name, name, onChange: (value) => onChange({ ...form, [name]: value === "" ? null : value }), param, value: form[name],
    }));

const defaults = (params) => Object.fromEntries(Object.entries(params).map(([name, { value }]) => [name, value]));

/** Everything that a person has to know and may correct. `onDone` is called once Airflow has the answer. */
const Question = ({ onDone, row }) => {
  const [question, setQuestion] = useState();
  const [form, setForm] = useState({});
  const [error, setError] = useState();
  const [sending, setSending] = useState(false);
  useEffect(() => {
    const stop = new AbortController();
    ask(addressOf(row), { signal: stop.signal }).then(
      (found) => { setQuestion(found); setForm(defaults(found.params)); },
      (problem) => stop.signal.aborted || setError(problem),
    );
    return () => stop.abort();
  }, [row]);
  const send = (option) => {
    setSending(true);
    ask(addressOf(row), { body: { chosen_options: [option], params_input: form }, method: "PATCH" }).then(
      onDone,
      (problem) => { setError(problem); setSending(false); },
    );
  };
  return [
    h(Dialog.Body, { key: "body" },
      error && h(Trouble, { error, title: question ? "The answer was not taken." : "The question cannot be shown." }),
      !question && !error && h(Skeleton, { height: "8rem" }),
      question && h(Stack, { gap: 4 },
        h(Foreign, { fontWeight: "bold", lines: 4, text: question.subject }),
        row.reason && h(Stack, { gap: 0 }, h(Text, { color: "fg.muted", fontSize: "sm" }, "Reason"), h(Foreign, { lines: 6, text: row.reason })),
        row.hint && h(Stack, { gap: 0 }, h(Text, { color: "fg.muted", fontSize: "sm" }, "What to do first"), h(Foreign, { lines: 6, text: row.hint })),
        h(Form, { form, onChange: setForm, params: question.params }),
        h(To, { to: `${taskPage(row)}/required_actions` }, "The whole question in Airflow"))),
    question && h(Dialog.Footer, { key: "footer" },
      h(HStack, { gap: 2 }, question.options.map((option, number) =>
        h(Button, {
          colorPalette: number === 0 ? "brand" : undefined, disabled: sending, key: option, onClick: () => send(option),
          variant: number === 0 ? "solid" : "outline",
        }, option)))),
  ];
};

/** A button that opens the question of a task. */
export const Answer = ({ onDone, row }) => {
  const [open, setOpen] = useState(false);
  const done = () => { setOpen(false); onDone(); };
  return h(Dialog.Root, { lazyMount: true, onOpenChange: (change) => setOpen(change.open), open, unmountOnExit: true },
    h(Dialog.Trigger, { asChild: true },
      h(Button, { "aria-label": `Answer for ${row.company_name || row.customer_id}`, size: "xs", variant: "outline" }, "Answer")),
    h(Portal, {},
      h(Dialog.Backdrop),
      h(Dialog.Positioner, {},
        h(Dialog.Content, {},
          h(Dialog.Header, {}, h(Dialog.Title, {}, "Answer")),
          h(Question, { onDone: done, row }),
          h(Dialog.CloseTrigger, { asChild: true }, h(CloseButton, { "aria-label": "Close", size: "sm" }))))));
};
