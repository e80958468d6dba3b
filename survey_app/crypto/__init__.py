"""Keys, codes, envelopes and passwords. Small and testable: no database, no request."""
