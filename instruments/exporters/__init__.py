"""Questionnaires written in other forms; one module per form."""
