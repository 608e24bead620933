"""`pressroom show` and `pressroom verify`: what an edition was made of, and whether all of it is still true."""

import json
import sys
from collections import Counter
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from content.errors import BadConfigurationError
from content.publication import EditionRecord
from content.usage import Usage
from content.values import Edition
from pressroom.as_json import record_as_json
from wiring.container import container


def show(
    edition: Annotated[str, typer.Argument(metavar="EDITION", help="SLUG/YYYY-MM-DD")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout, nothing else there.")] = False,
) -> None:
    """Show what was made, from what, by which engine, what was computed and what reused, and what that used up."""
    record = edition_or_exit(edition)
    found = record_as_json(record, container().settings.site)
    if as_json:
        sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
        return
    console = Console()
    tell(console, found, reason=record.reason)
    table = Table(title="Steps, oldest first", title_justify="left", box=None, pad_edge=False)
    for heading in ("run", "step", "item", "outcome", "seconds", "engine", "recipe"):
        table.add_column(heading)
    for step in found["steps"]:
        table.add_row(
            step["run"][:8], step["step"], step["item"], step["outcome"],
            f"{step['seconds']:.2f}", step["engine"], step["recipe"][:12],
        )  # fmt: skip
    console.print(table)


def verify(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout, nothing else there.")] = False,
) -> None:
    """Re-hash every stored object and check every reference; exit 1 on any fault."""
    library = container().library
    with Progress(console=Console(stderr=True, quiet=as_json), transient=True) as progress:
        bar = progress.add_task("Re-hashing", total=None)
        faults = list(library.verify(lambda done, total: progress.update(bar, completed=done, total=total)))
    if as_json:
        sys.stdout.write(json.dumps({"ok": not faults, "faults": [f.model_dump(mode="json") for f in faults]}) + "\n")
    else:
        console = Console()
        for fault in faults:
            console.print(f"[red]{fault.kind}[/] {escape(fault.what)}: {escape(fault.where)}. {escape(fault.how)}")
        console.print("[green]Everything is in order.[/]" if not faults else f"[red]{len(faults)} faults.[/]")
    raise typer.Exit(1 if faults else 0)


def edition_or_exit(text: str) -> EditionRecord:
    """Find an edition by `slug/date`; raise BadConfigurationError that lists what there is."""
    try:
        edition = Edition.parse(text)
    except ValueError as error:
        raise BadConfigurationError(f"{error}") from None
    record = container().library.edition_record(edition)
    if record is None:
        known = ", ".join(map(str, container().library.latest_editions(5))) or "none yet"
        raise BadConfigurationError(f"there is no edition {text}; the latest are: {known}")
    return record


def tell(console: Console, found: dict[str, Any], *, reason: str = "") -> None:
    """Tell a person what came of an edition, where it is, and what to do when it failed."""
    edition = found["edition"]
    colour = {"published": "green", "skipped": "yellow", "held": "yellow"}.get(edition["status"], "red")
    console.print(f"\n[bold]{edition['newsletter']}/{edition['date']}[/] [{colour}]{edition['status']}[/]")
    if edition["status"] != "published" and reason:
        console.print(escape(reason))
    if found["articles"]:
        console.print(_articles(found["articles"]))
    for feed in found["feeds"]:
        for line in (*([feed["detail"]] if feed["status"] == "failed" else []), *feed["faults"]):
            console.print(f"[yellow]feed[/] {escape(feed['url'])}: {escape(line)}")
    if edition["status"] == "failed":
        again = f"pressroom rerun {edition['newsletter']}/{edition['date']}"
        console.print(f"  again  {again}   (finished steps are reused)", highlight=False, soft_wrap=True)
        console.print("  why    set PREFECT_LOGGING_LEVEL=ERROR to see the traceback", highlight=False)
    if edition["status"] == "published":
        for what in ("page", "email", "video"):
            console.print(f"  {what:<6} {edition[what]}", soft_wrap=True, highlight=False)
    counts = Counter(step["outcome"] for step in found["steps"])
    told = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
    console.print(
        f"  steps  {told}; {found['wall_s']:.1f} s, of which engines {found['engine_s']:.1f} s", highlight=False
    )
    if any(edition["usage"].values()):
        console.print(_used(found))


def _articles(articles: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("#", justify="right")
    table.add_column("article")
    table.add_column("sources", justify="right")
    table.add_column("traced", justify="right")
    table.add_column("")
    for article in articles:
        told = "" if article["status"] == "published" else f"{article['status']}: {article['reason']}"
        traced = f"{article['claims_traced']}/{article['claims']}"
        number, sources = str(article["number"]), str(len(article["sources"]))
        table.add_row(number, escape(article["headline"]), sources, traced, escape(told))
    return table


def _used(found: dict[str, Any]) -> Table:
    """Tabulate what was used, by each article and by all steps together; a column of nothing but zeros is left out."""
    rows = [(f"article {article['number']}", article["usage"]) for article in found["articles"]]
    told = {name: Usage.model_validate(usage).told for name, usage in (*rows, ("all", found["edition"]["usage"]))}
    table = Table("used", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in told["all"]:
        table.add_column(column, justify="right")
    for name, amounts in told.items():
        if amounts:
            table.add_row(name, *(amounts.get(column, "") for column in told["all"]))
    return table
