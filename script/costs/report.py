"""The figures of the stub as tables, ratios first, each beside what it is to be."""

# How much of a bare server's CPU time the stub may use for the first case, and what share of Prism's for each.
BARE, PRISM = 1.25, 25
# How much the memory may grow, and what share of Prism's CPU time the start may take.
MEMORY, START = 1.10, 30

TITLE = 40


def report(part, figures):
    """A part of the figures, as text."""
    lines = {"cases": requests, "latency": latency, "memory": memory, "start": start}[part](figures)
    return "\n".join([*lines, ""])


def requests(cases):
    row = f"{{:{TITLE}}} {{:>9}} {{:>10}} {{:>15}} {{:>8}} {{:>8}} {{:>8}} {{:>12}} {{:>13}}  {{}}"
    lines = ["CPU time a request, of the server process (medians of paired rounds); `default`: both servers as they are "
             "by default, each writing a log line a request, which is read; else neither logs",
             row.format("", "stub/bare", "Prism/stub", "default P./stub", "stub us", "bare us", "Prism us",
                        "stub us dflt", "Prism us dflt", "targets")]
    for place, case in enumerate(cases):
        ratios = case["stub_over"]
        targets = [f"stub/bare at most {BARE}: {verdict(ratios['bare'] <= BARE)}"] if place == 0 else []
        silent, default = times(ratios), times(case["logging_stub_over_logging"])
        if silent:
            targets.append(f"Prism/stub at least {PRISM}: {verdict(silent >= PRISM)}, "
                           f"by default {verdict(default >= PRISM)}")
        lines.append(row.format(case["title"], f"{ratios['bare']:.2f}", shown(silent), shown(default),
                                *(us(case, name) for name in ("stub", "bare", "prism", "stub_logging", "prism_logging")),
                                "; ".join(targets)))
    first = cases[0]
    for name, title in (("stub_logging", "the first case without a log line / with one"),
                        ("bare_plain", "the first case / a bare server without the stub's own header fields"),
                        ("typed", "the first case / a typed dropshot handler")):
        if name in first["stub_over"]:
            lines.append(f"{title}: {first['stub_over'][name]:.2f} ({us(first, name)} us)")
    return lines


def times(ratios):
    """How many times as much Prism needs, where it was measured."""
    return 1 / ratios["prism"] if "prism" in ratios else None


def shown(times):
    return f"{times:.1f}" if times else "-"


def us(case, name):
    return f"{case[name]['cpu_us']:.1f}" if name in case else "-"


def verdict(is_met):
    return "met" if is_met else "MISSED"


def latency(figures):
    lines = [f"Waiting time under open load, the first case, {figures['rate']} requests a second "
             "(half of what the stub serves), from when a request was to be sent, journal on"]
    for name, title in (("stub", "stub"), ("bare", "bare dropshot server")):
        row = figures[name]
        lines.append(f"{title:{TITLE}} p50 {row['p50_us']:.0f} us, p90 {row['p90_us']:.0f}, p99 {row['p99_us']:.0f}, "
                     f"p99.9 {row['p999_us']:.0f}, longest {row['max_us']:.0f}; "
                     f"{row['sent_a_second']:.0f} answered a second")
    return lines


def memory(figures):
    is_kept = figures["repeated"] == 0 and figures["kept_repeated"] == 0 and figures["kept_calls"] <= 1000
    return [
        f"Resident memory after {figures['many']:,} requests / after {figures['few']:,}: {figures['ratio']:.3f} "
        f"({figures['few_mib']:.1f} -> {figures['many_mib']:.1f} MiB; at most {MEMORY}: "
        f"{verdict(figures['ratio'] <= MEMORY)})",
        f"{figures['kept_calls']} calls in the journal (at most 1000); of {figures['numbered']:,} calls numbered "
        f"{figures['repeated']} had a number of another ({verdict(is_kept)})",
    ]


def start(rows):
    lines = ["CPU time from the start until it listens and has nothing more to do"] if rows else []
    for row in rows:
        mib = f"{row['document']} ({row['mib']:.1f} MiB)"
        own = f"stub {row['stub_s']:.2f} s (listening after {row['stub_listening_s']:.2f}), {row['stub_mib']:.0f} MiB"
        if "prism_s" not in row:
            lines.append(f"{mib:{TITLE}} {own}")
            continue
        more = "more than " if row["is_more_than"] else ""
        lines.append(f"{mib:{TITLE}} Prism/stub {more}{row['prism_over_stub']:.1f}; {own}; "
                     f"Prism {more}{row['prism_s']:.1f} s; at least {START}: {verdict(row['prism_over_stub'] >= START)}")
    return lines
