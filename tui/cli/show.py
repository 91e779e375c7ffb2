"""`flowdeck show`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import click

from tui.cli import diagnostics, output
from tui.cli.listing import print_csv, print_table
from tui.cli.options import Settings, output_option, run_argument, store_option
from tui.view.export import Format, json_number, json_text

if TYPE_CHECKING:
    from store.entities import LoggedModel, MetricSummary, Run

_NAMED: Final = 5
"""Metrics that a note names."""


@dataclass(frozen=True, slots=True)
class Everything:
    """What a store knows about one run, histories summed up."""

    run: Run
    experiment_name: str
    summaries: Sequence[MetricSummary]
    models: Sequence[LoggedModel]


@click.command(epilog="\b\nExamples:\n  flowdeck show baseline\n  flowdeck show acfc09 -o json")
@run_argument
@output_option
@store_option
@click.pass_obj
def show(settings: Settings, run: str) -> None:
    """Show everything about one run: attributes, params, metrics, tags, datasets, models and notes.

    RUN is a run id, four or more characters that begin one, or the name of a run.
    """
    from store.entities import RunParts
    from store.lookup import experiment_names, find_run

    with settings.opened() as store:
        found = find_run(store, run, RunParts.ALL)
        models = [item.model_id for item in found.model_inputs] + [item.model_id for item in found.model_outputs]
        everything = Everything(
            found,
            experiment_names(store).get(found.experiment_id, ""),
            store.metric_summaries(found.run_id),
            store.logged_models(models) if models else (),
        )
    format_ = settings.output
    if format_ in (Format.JSON, Format.NDJSON):
        output.write(json_text(_document(everything), indent=format_ is Format.JSON) + "\n")
    elif format_ is Format.CSV:
        print_csv(("part", "key", "value"), _values(everything))
    else:
        _print(everything, format_)
    if sampled := [summary.key for summary in everything.summaries if summary.sampled]:
        output.flush()
        diagnostics.note(sample_told(sampled))


def sample_told(keys: Sequence[str]) -> str:
    """What is said of metrics of which a server gave a sample."""
    from tui.view.cells import plural

    named = ", ".join(keys[:_NAMED]) + (", ..." if len(keys) > _NAMED else "")
    return (
        f"{plural(len(keys), 'metric')} summed up from a sample of the history that the server gave ({named}):"
        " only the latest value is sure"
    )


def _document(everything: Everything) -> dict[str, Any]:
    from tui.view.documents import logged_model_document, run_document, summary_document

    return {
        **run_document(everything.run),
        "experiment_name": everything.experiment_name,
        "metric_summaries": {summary.key: summary_document(summary) for summary in everything.summaries},
        "logged_models": [logged_model_document(model) for model in everything.models],
    }


def _values(everything: Everything) -> list[tuple[str, str, object]]:
    from tui.view.documents import attributes_document

    run = everything.run
    rows: list[tuple[str, str, object]] = [("attributes", *item) for item in attributes_document(run).items()]
    rows += [("params", *item) for item in run.params.items()]
    rows += [("metrics", key, json_number(metric.value)) for key, metric in run.metrics.items()]
    rows += [("tags", *item) for item in run.tags.items()]
    rows += [("datasets", item.dataset.name, item.dataset.digest) for item in run.dataset_inputs]
    rows += [("model_inputs", item.model_id, None) for item in run.model_inputs]
    rows += [("model_outputs", item.model_id, item.step) for item in run.model_outputs]
    rows += [("problems", str(place), text) for place, text in enumerate(run.problems, 1)]
    return rows


def _print(everything: Everything, format_: Format) -> None:
    from tui.cli.run_sections import sections

    first = True
    for section in sections(everything):
        rule = "##" if format_ is Format.MD else ""
        heading = f"{rule} {section.title}\n\n" if rule else f"{section.title}\n"
        output.write_shown(heading if first else f"\n{heading}")
        first = False
        if section.lines:
            output.write_shown("".join(f"{line}\n" for line in section.lines))
        else:
            print_table(section.headings, section.rows, format_)
