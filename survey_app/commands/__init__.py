"""The commands of `branch-survey`, one module each, loaded when called (`survey_app.cli`)."""
