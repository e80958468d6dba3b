"""The questionnaire itself: model, YAML form, rules and checks. Imports neither analysis nor survey_app."""
