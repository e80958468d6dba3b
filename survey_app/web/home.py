"""The front door: where members and committees find their way. No data."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from survey_app.web import context

home = Blueprint("home", __name__)
context.register(home)


@home.get("/")
def index() -> ResponseReturnValue:
    return render_template("home.html")
