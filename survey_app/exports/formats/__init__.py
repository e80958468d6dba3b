"""The formats a result can be had in, one module each: whatever a module here lists in EXPORTERS is offered."""
