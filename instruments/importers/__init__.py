"""Questionnaires read from other forms; one module per form."""
