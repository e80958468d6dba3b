"""Backups: one file with the whole state, readable on either kind of database; boxes only for their scrutineers.

`tables` is the portable form of a row, `boxes` what becomes of codes and ballots, `archive` the file, `writing` and
`reading` the two ways. What a backup protects and what not is said in docs/operations.md.
"""
