"""The promises of docs/architecture.md that can be read off the source and the routes."""

from __future__ import annotations

import inspect
import re

from flask import Flask

from tests.architecture.source import ROOT, modules

OPEN_TO_ALL = {
    "answer",
    "sheet",
    "ballot_box",
    "anonymity",
    "public_suggestions",
    "public_result",
    "feed",
    "notices",
    "home",
    "auth",
    "account",
    "public",
    "static",
    "health",
}


def test_only_disclosure_makes_a_report():
    makers = {module.name for module in modules() if "Report" in module.calls()}
    assert makers == {"analysis.disclosure"}


def test_an_unsuppressed_result_is_built_only_where_it_is_suppressed_at_once():
    builders = {
        module.name
        for module in modules()
        if module.package != "analysis" and {"annual_result", "result_of"}.intersection(module.calls())
    }
    assert builders == {"survey_app.services.results", "survey_app.commands.analyse"}
    for module in modules():
        if module.name in builders:
            assert "suppress" in module.calls(), module.name


def test_envelopes_are_opened_in_one_place():
    openers = {m.name for m in modules() if "open_envelope" in m.calls() and not m.name.startswith("survey_app.crypto")}
    assert openers == {"survey_app.services.opening"}


def test_only_sealing_turns_ballots_into_a_dataset():
    takers = {module.name for module in modules() if "open_box" in module.calls()}
    assert takers == {"survey_app.services.opening", "survey_app.services.seal"}


def test_every_committee_route_carries_a_permission(app: Flask):
    bare = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint.split(".")[0] not in OPEN_TO_ALL
        and not hasattr(app.view_functions[rule.endpoint], "required_right")
    ]
    assert bare == []


def test_every_route_parameter_has_a_type(app: Flask):
    untyped = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        signature = inspect.signature(inspect.unwrap(app.view_functions[rule.endpoint]))
        untyped += [
            f"{rule.rule}: {name}"
            for name in rule.arguments
            if name not in signature.parameters or signature.parameters[name].annotation is inspect.Parameter.empty
        ]
    assert untyped == []


def settings_of_the_guide() -> dict[str, str]:
    """Name of every setting in the one table of the guide -> its default as it stands there."""
    guide = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    tables = re.findall(r"^\| setting \| default \| meaning \|\n\|[-| ]+\|\n((?:\|.*\n)+)", guide, re.MULTILINE)
    assert len(tables) == 1
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in tables[0].splitlines()]
    assert all(len(row) == 3 and row[2] for row in rows)
    named = [(name, row[1]) for row in rows for name in re.findall(r"`(\w+)`", row[0])]
    assert len(named) == len(dict(named)), "a setting stands there twice"
    return dict(named)


def test_the_operations_guide_lists_every_setting_with_its_default_and_no_other():
    from survey_app.config import SETTINGS

    told = settings_of_the_guide()
    assert sorted(told) == sorted(setting.name for setting in SETTINGS)
    for setting in SETTINGS:
        default = setting.default
        if default == "":  # the guide says in words what goes without saying
            assert told[setting.name], setting.name
            assert not re.fullmatch("`[^`]*`", told[setting.name]), setting.name
        else:
            assert told[setting.name] == f"`{int(default) if isinstance(default, bool) else default}`", setting.name


def test_no_template_computes_a_style_or_carries_a_script():
    offenders = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "survey_app" / "templates").rglob("*.html")
        if re.search(r"\sstyle=|<style|<script(?![^>]*\ssrc=)|\son[a-z]+=", path.read_text(encoding="utf-8"))
    ]
    assert offenders == []
