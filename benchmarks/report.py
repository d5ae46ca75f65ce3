"""What the measurements come to: ratios, what they must be, and the page that says so. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.protocol.budget import POLL_SHARE, REQUESTS_PER_MINUTE
from benchmarks.limits import SERVICE_LIMIT
from benchmarks.page import FIRST_PAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

#: Seconds from a request to its verdict in all onboardings.
VETTING = 15


@dataclass(frozen=True, slots=True)
class Figure:
    """
    One figure that is promised.

    :param measure: what was measured.
    :param measured: what came of it, in words.
    :param must_be: what was promised, in words.
    :param met: whether it is so; ``None`` where nothing was promised.
    """

    measure: str
    measured: str
    must_be: str
    met: bool | None

    def __str__(self) -> str:
        mark = {True: "met", False: "NOT MET", None: ""}[self.met]
        return f"{self.measure}: {self.measured} ({self.must_be}) {mark}".rstrip()


def figures(results: Mapping[str, Mapping[str, Any]]) -> list[Figure]:
    """Return the figures of what was measured; those of what was not are missing."""
    return [figure for name, judge in _JUDGES.items() if name in results for figure in judge(results[name])]


def page(results: Mapping[str, Mapping[str, Any]]) -> str:
    """Return ``docs/operations/benchmarks.md``."""
    parts = [_HEAD, *(_row(figure) for figure in figures(results))]
    for name, describe in _SECTIONS.items():
        if name in results:
            parts += ["", *describe(results[name]), "", _where(results[name]["on"])]
    return "\n".join(parts) + "\n"


def _clients(found: Mapping[str, Any]) -> Iterator[Figure]:
    for run in found["event_loop"]:
        ours, bare = run["ours"], run["bare"]
        what = f"the async client, against a bare aiohttp loop, each with {run['connections']} connections"
        throughput, cpu = bare["seconds"] / ours["seconds"], ours["cpu"] / bare["cpu"]
        yield Figure(f"{what}: throughput", f"{throughput:.2f}", "at least 0.85", throughput >= 0.85)
        yield Figure(f"{what}: CPU", f"{cpu:.2f}", "at most 1.3", cpu <= 1.3)
    cpu = found["one_by_one"]["ours"]["cpu"] / found["one_by_one"]["bare"]["cpu"]
    yield Figure("a hook's call, against a bare requests.Session: CPU", f"{cpu:.2f}", "at most 1.15", cpu <= 1.15)
    costs = [run[side] for run in (*found["event_loop"], found["one_by_one"]) for side in ("ours", "bare")]
    busiest = max(cost["server_cpu"] / cost["seconds"] for cost in costs)
    yield Figure("the server of these calls: busy", f"{busiest:.0%} at most", "published", None)


def _many(found: Mapping[str, Any]) -> Iterator[Figure]:
    what = f"one trigger that waits for {found['customers']:,} customers"
    kilobytes, block = found["bytes_each"] / 1000, 1000 * found["longest_block"]
    yield Figure(f"{what}: memory for each", f"{kilobytes:.1f} KB", "at most 3 KB", kilobytes <= 3)
    yield Figure(f"{what}: longest block of the event loop", f"{block:.0f} ms", "at most 50 ms", block <= 50)
    share, most = POLL_SHARE * REQUESTS_PER_MINUTE, found["most_in_60_s"]
    # They are sent at even distances; of those at both ends of a minute one may arrive early, or late.
    yield Figure(
        f"{what}: most requests in 60 s", f"{most}", f"at most {share:.0f}, its share, and one", most <= share + 1
    )


def _onboarding(found: Mapping[str, Any]) -> Iterator[Figure]:
    largest = max({run["customers"] for run in found["ours"]} & {run["customers"] for run in found["stock"]}, default=0)
    if largest:
        ours, stock = (_run(found[side], largest) for side in ("ours", "stock"))
        what = f"{largest:,} customers onboarded on a real Airflow, against one stock task for each call"
        cpu = stock["cpu"] / ours["cpu"]
        yield Figure(f"{what}: CPU", f"1/{cpu:.0f}", "at most 1/50", cpu >= 50)
        beyond = (stock["seconds"] - VETTING) / (ours["seconds"] - VETTING)
        yield Figure(f"{what}: time beyond the vetting", f"1/{beyond:.0f}", "at most 1/30", beyond >= 30)
    small, large = found["ours"][0], found["ours"][-1]
    factor = large["customers"] / small["customers"]
    for name, what in _GROWTH.items():
        growth = large[name] / small[name]
        yield Figure(
            f"from {small['customers']:,} to {large['customers']:,} customers: {what}",
            f"x {growth:.1f}",
            f"at most x {factor:.0f}",
            growth <= factor,
        )


_GROWTH = {
    "cpu": "CPU",
    "task_bytes": "memory of the task",
    "triggerer_bytes": "memory that the triggerer grew by",
    "requests": "requests",
}


def _limit(found: Mapping[str, Any]) -> Iterator[Figure]:
    what = f"requesting for {found['customers']:,} customers, the service admits {SERVICE_LIMIT} a minute"
    used = found["submitting_rate"] / REQUESTS_PER_MINUTE
    yield Figure(
        f"{what}: budget used", f"{used:.1%}", f"at least 95 % of {REQUESTS_PER_MINUTE} a minute", used >= 0.95
    )
    yield Figure(f"{what}: refused with 429", str(found["refused"]), "none", found["refused"] == 0)
    most = found["most_in_60_s"]
    yield Figure(f"{what}: most requests in 60 s", str(most), f"at most {SERVICE_LIMIT}", most <= SERVICE_LIMIT)
    each = found["requests"] / found["customers"]
    yield Figure(
        f"{what}: requests for each customer, approved at the first look", f"{each:.1f}", "at most 4", each <= 4
    )
    # It takes less than an hour, and begins in an Airflow that has just started.
    tokens = found["tokens"]
    yield Figure(f"{what}: sign-ins of worker and triggerer", str(tokens), "one for each process and hour", tokens <= 2)
    yield Figure(f"{what}: until all verdicts are in", f"{found['seconds']:.0f} s", "published", None)


def _each(found: Mapping[str, Any]) -> Iterator[Figure]:
    what = f"{found['customers']:,} sensors in one triggerer"
    above = (found["ours"]["bytes_each"] - found["idle"]["bytes_each"]) / 1000
    yield Figure(f"{what}: memory of each above an idle trigger", f"{above:.1f} KB", "at most 6 KB", above <= 6)
    ours, stock = found["ours"], found["stock"]
    ratio = stock["cpu"] / ours["cpu"]
    yield Figure(f"{what}: CPU, against stock sensors", f"1/{ratio:.1f}", "at most 1/5", ratio >= 5)
    ratio = stock["parts"]["triggerer"] / ours["parts"]["triggerer"]
    yield Figure(f"{what}: CPU of the triggerer alone, against stock sensors", f"1/{ratio:.1f}", "published", None)


def _looks(found: Mapping[str, Any]) -> Iterator[Figure]:
    ratio = found["ours"] / found["bare_aiohttp"]
    yield Figure(
        f"a look of {found['customers']:,} waits in one event loop, against a bare aiohttp loop: CPU",
        f"{ratio:.2f}",
        "published",
        None,
    )


def _page(found: Mapping[str, Any]) -> Iterator[Figure]:
    parts = found["parts"]
    what = (
        f"the page, with {found['waiting']:,} waiting and {found['past']:,} verdicts among {found['others']:,} other "
        "task instances"
    )
    seconds = sum(parts[name]["seconds"] for name in FIRST_PAGE)
    queries = sum(parts[name]["queries"] for name in FIRST_PAGE)
    yield Figure(f"{what}: time of the first page in the database", f"{seconds:.1f} s", "published", None)
    yield Figure(f"{what}: queries of the first page", str(queries), "published", None)
    grown = [name for name, part in parts.items() if part["queries"] != part["queries_of_few"]]
    measured = ", ".join(grown) or "none"
    yield Figure(f"{what}: parts with more queries than with a hundredth of it", measured, "none", not grown)
    no_index = [name for name, part in parts.items() if part["without_index"]]
    yield Figure(f"{what}: parts with a query that uses no index", ", ".join(no_index) or "none", "none", not no_index)
    reads_all = [name for name, part in parts.items() if "task_instance" in part["scanned"]]
    measured = ", ".join(reads_all) or "none"
    yield Figure(f"{what}: plans that read all task instances", measured, "none", not reads_all)


_WAYS = {
    "rest": "a `POST dagRuns`",
    "asset_events": "an asset event",
    "queue": "a message in a Redis stream",
    "new_customers": "a new customer in Partner Center",
}


def _events(found: Mapping[str, Any]) -> Iterator[Figure]:
    for way, text in _WAYS.items():
        yield Figure(f"from {text} to the request", f"{found['ways'][way]['median']:.0f} s", "published", None)


def _imports(found: Mapping[str, Any]) -> Iterator[Figure]:
    for case, cost in found["cases"].items():
        what = f"imports that this provider adds to {case}, which takes Airflow {cost['airflow']:.0f} ms"
        took, limit = cost["milliseconds"], cost["limit"]
        yield Figure(what, f"{took:.1f} ms", f"at most {limit} ms", took <= limit)


def _run(runs: Sequence[Mapping[str, Any]], customers: int) -> Mapping[str, Any]:
    return next(run for run in runs if run["customers"] == customers)


_JUDGES: Mapping[str, Callable[[Mapping[str, Any]], Iterator[Figure]]] = {
    "onboarding": _onboarding,
    "limit": _limit,
    "many": _many,
    "each": _each,
    "looks": _looks,
    "clients": _clients,
    "events": _events,
    "page": _page,
    "imports": _imports,
}


def _about_onboarding(found: Mapping[str, Any]) -> Iterator[str]:
    yield "## Onboarding"
    yield ""
    yield (
        "PostgreSQL, LocalExecutor, Airflow's default limits of concurrency; no request budget; verdicts come "
        f"{VETTING} s after the request, and both sides look every 5 s, more often than ours does by default. Ours is "
        "one task that waits in the triggerer. The stock side reads, requests and waits with a task of its own for "
        "each customer (`HttpOperator` twice, `HttpSensor` in its default mode); it is given a token, and it decides "
        "nothing: it requests whatever it has read. CPU is that of all processes of Airflow and PostgreSQL, less what "
        "they take when idle. A task is mostly Airflow itself; the triggerer is one for all runs, and uses again what "
        "an earlier one has needed."
    )
    yield ""
    yield "| | customers | time | CPU | CPU for each | requests | memory of the largest task | the triggerer grew by |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|"
    for side in ("ours", "stock"):
        for run in found[side]:
            each, megabytes = 1000 * run["cpu"] / run["customers"], run["task_bytes"] / 1e6
            yield (
                f"| {side} | {run['customers']:,} | {run['seconds']:.0f} s | {run['cpu']:.1f} s | {each:.1f} ms "
                f"| {run['requests']:,} | {megabytes:.0f} MB | {run['triggerer_bytes'] / 1e6:.1f} MB |"
            )
    yield ""
    yield "![CPU-seconds against the number of customers](images/benchmarks-cpu.svg)"
    yield ""
    yield "![Time against the number of customers](images/benchmarks-time.svg)"
    yield ""
    yield "![Memory and requests against the number of customers](images/benchmarks-growth.svg)"


def _about_limit(found: Mapping[str, Any]) -> Iterator[str]:
    yield "## At Microsoft's limit"
    yield ""
    yield (
        f"The same task with the default budget ({REQUESTS_PER_MINUTE} a minute) and an emulator that admits "
        f"{SERVICE_LIMIT} in any 60 s: {found['requests']:,} requests. To read and request took "
        f"{found['submitting_seconds']:.0f} s, at {found['submitting_rate']:.0f} a minute; all of it "
        f"{found['seconds']:.0f} s and {found['cpu']:.0f} CPU-seconds (over so long a time, an error of 0.01 in the "
        f"idle rate is {found['seconds'] / 100:.0f} of them), because looks take only their share of the budget "
        f"({POLL_SHARE:.0%}, the connection's `poll_share`) and leave the rest to those who work. With all of the "
        f"limit, the same requests would take {60 * found['requests'] / SERVICE_LIMIT:.0f} s. Each customer was read, "
        "requested and looked at once; who is approved at the second look takes four requests "
        "(`test_four_requests_for_each_customer`)."
    )


def _about_many(found: Mapping[str, Any]) -> Iterator[str]:
    yield "## One trigger for many customers"
    yield ""
    yield (
        f"The bulk operator's trigger with {found['customers']:,} customers in review, for {found['seconds']:.0f} s, "
        "in a process that does nothing else. Memory is what the process has allocated, less the same with one "
        "customer. A beat every 2 ms in the same event loop tells for how long it was blocked. One full pass of "
        f"Python's garbage collector takes {1000 * found['full_collection']:.0f} ms in such a process with a single "
        "customer; it is made before the beats begin, as in a triggerer that has run for a while, and comes again when "
        "the process has grown by a quarter. Looks are sent at even distances, but 60 s may see one more arrive than "
        "were sent in them."
    )


def _about_each(found: Mapping[str, Any]) -> Iterator[str]:
    yield "## A sensor for each customer"
    yield ""
    yield (
        f"{found['customers']:,} deferred sensors in one triggerer of a real Airflow, which look every 10 s; memory "
        f"(allocated by the triggerer's processes) and CPU over {found['seconds']:.0f} s. The stock sensor waits on "
        "404 only, so it reads customers that do not exist. Idle ones wait for a date. CPU is that of all processes, "
        "less what Airflow takes when nothing is deferred; next to it, all that each part took. What sensors share is "
        f"counted too: asyncio gives each TLS connection a buffer of 256 KiB, and at the end ours held "
        f"{found['ours']['connections']}, that of the sign-in included."
    )
    yield ""
    yield "| | memory of each | looks | CPU | scheduler | triggerer | DAG processor, API | database |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|"
    for side in ("idle", "ours", "stock"):
        arm, parts = found[side], found[side]["parts"]
        others = parts["dag-processor"] + parts["api-server"]
        yield (
            f"| {side} | {arm['bytes_each'] / 1000:.1f} KB | {arm['looks']:,} | {arm['cpu']:.1f} s "
            f"| {parts['scheduler']:.1f} s | {parts['triggerer']:.1f} s | {others:.1f} s | {parts['database']:.1f} s |"
        )
    idle, stock = found["idle"], found["stock"]
    yield ""
    yield (
        f"**The limit.** A fifth of the stock sensors' CPU is {stock['cpu'] / 5:.1f} s. Airflow takes "
        f"{idle['cpu']:.1f} s for as many deferred tasks that do nothing, 1/{stock['cpu'] / idle['cpu']:.1f} of the "
        "stock sensors' CPU, so no trigger comes below that. It is the scheduler's, which in each of its rounds reads "
        "all task instances of the run: a profile of it (`py-spy record --rate 100 --duration 40 --pid` of the "
        "scheduler of Airflow 3.3.2, while the idle ones waited) has 84 % of its samples in "
        "`DagRun.get_task_instances`, nearly all of them in SQLAlchemy, which makes the objects; from one kind of "
        "sensor to the next it differs by some seconds, without a reason in the sensors. What a sensor itself costs is "
        "in the triggerer. Where so many customers wait, one task with one trigger has none of this: see above."
    )


def _about_looks(found: Mapping[str, Any]) -> Iterator[str]:
    yield "## One look of many waits"
    yield ""
    yield (
        f"{found['customers']:,} waits in one event loop that look every {found['interval']:.0f} s, each at a time of "
        "its own, in a process that does nothing else; ours are the sensor's triggers. A loop that wakes up for one "
        "look works on cold caches; ours make those together that are due in the same quarter of a second. The median "
        f"of {found['rounds']} rounds."
    )
    yield ""
    yield "| | CPU of a look |"
    yield "|---|---:|"
    for side in ("ours", "bare_aiohttp"):
        yield f"| {side.replace('_', ' ')} | {1e6 * found[side]:.0f} µs |"


def _about_events(found: Mapping[str, Any]) -> Iterator[str]:
    yield "## From an event to the request"
    yield ""
    yield (
        "Until `onboard_customer` has sent its request; PostgreSQL, LocalExecutor, one event at a time in an Airflow "
        "that is idle otherwise. The stream is read every minute, as in the example; the sensor for new customers "
        f"looks every {found['interval']} s, ± 20 %, where the example says ten minutes."
    )
    yield ""
    yield "| from | median | all |"
    yield "|---|---:|---|"
    for way, text in _WAYS.items():
        each = found["ways"][way]
        every = ", ".join(f"{value:.0f}" for value in sorted(each["seconds"]))
        yield f"| {text} | {each['median']:.0f} s | {every} s |"


def _about_imports(found: Mapping[str, Any]) -> Iterator[str]:
    yield "## Imports"
    yield ""
    yield (
        "What `python -X importtime` says of the modules that come after Airflow's own: of a DAG file with an "
        "operator, the sensor and its trigger, and of any `airflow` command, whose parser asks each provider for its "
        f"commands. The quickest of {found['runs']} runs, because an import has no reason to be quicker than it can be."
    )
    yield ""
    yield "| | ours | median | Airflow itself |"
    yield "|---|---:|---:|---:|"
    for case, cost in found["cases"].items():
        yield f"| {case} | {cost['milliseconds']:.1f} ms | {cost['median']:.1f} ms | {cost['airflow']:.0f} ms |"


def _about_clients(found: Mapping[str, Any]) -> Iterator[str]:
    few, many = (run["connections"] for run in found["event_loop"])
    yield "## One call"
    yield ""
    yield (
        f"Reading {found['customers']:,} customers with one approved qualification each, over TLS, without a budget. "
        f"An event loop has {found['concurrency']} calls under way, and both sides have the same number of "
        f"connections: {few}, as many as our client opens by default, and {many}, one for each call. The hook and the "
        "bare session make one call at a time. The bare sides are given a token, and parse the JSON. The median of "
        f"{found['rounds']} rounds in which the sides take turns, each in a process of its own."
    )
    yield ""
    yield (
        "The server (`benchmarks/minimal_server.py`) is another process and gives each request the same prepared "
        "answer. The last two columns tell which of the two processes sets the pace: they are the CPU-seconds of each "
        "for every second on the clock. A client that is always busy makes as many calls as its CPU allows, so its "
        "throughput is the ratio of CPU turned around: for a throughput of 0.85 that ratio must be 1.18 or less."
    )
    yield ""
    yield "| | connections | time | CPU for each | client busy | server busy |"
    yield "|---|---:|---:|---:|---:|---:|"
    sides = [
        (name, run["connections"], run[side])
        for run in found["event_loop"]
        for name, side in (("async client", "ours"), ("bare aiohttp", "bare"))
    ]
    sides += [("hook", 1, found["one_by_one"]["ours"]), ("bare session", 1, found["one_by_one"]["bare"])]
    for name, connections, cost in sides:
        cpu = 1e6 * cost["cpu"] / found["customers"]
        busy, server_busy = cost["cpu"] / cost["seconds"], cost["server_cpu"] / cost["seconds"]
        yield f"| {name} | {connections} | {cost['seconds']:.1f} s | {cpu:.0f} µs | {busy:.0%} | {server_busy:.0%} |"


def _about_page(found: Mapping[str, Any]) -> Iterator[str]:
    yield "## The page"
    yield ""
    yield (
        "What each part of the page asks of PostgreSQL, after `ANALYZE`; the median of "
        f"{found['rounds']} times. The first page has the first {len(FIRST_PAGE)} parts. Besides, the database "
        f"has {found['many_waiting']:,} tasks for many customers that wait and {found['many_ended']:,} that "
        f"have ended, the sign-ins of {found['sign_ins']:,} connections among {found['variables']:,} other Variables, "
        f"and {found['assets']:,} assets of other DAGs. It sorts by the rules of a language (ICU, `en-US`)."
    )
    yield ""
    yield "| part | time | queries | indexes | read as a whole |"
    yield "|---|---:|---:|---|---|"
    for name in (*FIRST_PAGE, *sorted(found["parts"].keys() - FIRST_PAGE)):
        part = found["parts"][name]
        indexes, scanned = (", ".join(f"`{each}`" for each in part[names]) for names in ("indexes", "scanned"))
        yield f"| {name} | {1000 * part['seconds']:.0f} ms | {part['queries']} | {indexes} | {scanned or 'nothing'} |"


_SECTIONS: Mapping[str, Callable[[Mapping[str, Any]], Iterator[str]]] = {
    "onboarding": _about_onboarding,
    "limit": _about_limit,
    "many": _about_many,
    "each": _about_each,
    "looks": _about_looks,
    "clients": _about_clients,
    "events": _about_events,
    "page": _about_page,
    "imports": _about_imports,
}


def _row(figure: Figure) -> str:
    met = {True: "yes", False: "**no**", None: ""}[figure.met]
    return f"| {figure.measure} | {figure.measured} | {figure.must_be} | {met} |"


def _where(on: Mapping[str, str]) -> str:
    versions = ", ".join(
        f"{name} {value}" for name, value in sorted(on.items()) if name not in ("date", "machine", "system")
    )
    return f"Measured on {on['date']}: {on['machine']}, {on['system']}; {versions}."


_HEAD = """\
# Benchmarks

What this provider costs, side by side with what one would pick instead, with the same server on the same machine;
what is compared was measured in one run. Written by `make bench`, which takes over an hour; `make bench ONLY=clients`
repeats one section. Seconds are those of one machine; the ratios are what counts.

| measure | measured | must be | met |
|---|---|---|---|"""
