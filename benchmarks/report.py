"""What the rounds say: medians, ratios to the first implementation, and the table of them."""

import statistics as st

#: What a suite's ratio is of: CPU time where Python's own work is measured, the wall minimum for
#: compiled code.
PRIMARY = {
    "cold": "cpu",
    "dispatch": "cpu",
    "stages": "cpu",
    "runtime": "min",
    "library": "min",
    "sysml": "min",
    "cache": "cpu",
}


def without_errors(rounds):
    return [r for r in rounds if "error" not in r]


def summarise(per_label, labels, primary):
    """{label: summary} of one metric, from {label: [value dict of each round]}."""
    base, out = labels[0], {}
    for label in labels:
        rounds = per_label.get(label, [])
        good = without_errors(rounds)
        if not good:
            out[label] = {"error": rounds[0]["error"] if rounds else "absent"}
            continue
        out[label] = _summary(good)
        if label != base:
            key = "value" if "value" in good[0] else primary
            ref = without_errors(per_label.get(base, []))
            pairs = [g[key] / b[key] for g, b in zip(good, ref) if b.get(key)]
            if pairs:
                out[label]["ratio"] = st.median(pairs)
    return out


def _summary(good):
    if "value" in good[0]:
        return {"value": st.median(r["value"] for r in good), "unit": good[0]["unit"]}
    reduce = {"median": st.median, "min": min, "cpu": st.median, "cpu_min": min}
    out = {key: f(r[key] for r in good) for key, f in reduce.items()} | {"rounds": len(good)}
    if "first" in good[0]:
        out["first"] = st.median(r["first"] for r in good)
    return out


def human(v):
    """One summary as a cell of the table."""
    if "error" in v:
        return "ERR " + v["error"][:28]
    if "value" in v:
        x = v["value"]
        digits = ",.0f" if x == int(x) and abs(x) < 1e7 else ".3g"
        return f"{x:{digits}} {v['unit']}".strip()
    m = v["min"]
    k, unit = (1e6, "us") if m < 1e-3 else (1e3, "ms") if m < 1 else (1, "s")
    return f"{v['cpu'] * k:.2f} cpu, {m * k:.2f} min, {v['median'] * k:.2f} med {unit}"


def table(results, labels):
    """The results as Markdown, one table a suite."""
    base, others = labels[0], labels[1:]
    lines = []
    for suite, metrics in results.items():
        head = [base, *(cell for l in others for cell in (l, f"{l}/{base}"))]
        lines += ["", f"### {suite}", "", f"| metric | {' | '.join(head)} |"]
        lines += ["|---|" + "---:|" * len(head)]
        for metric, s in metrics.items():
            cells = [human(s[base])]
            for l in others:
                cells += [human(s[l]), f"{s[l]['ratio']:.3f}" if "ratio" in s[l] else "-"]
            lines.append(f"| {metric} | {' | '.join(cells)} |")
    return "\n".join(lines)
