"""The page of an annual result: what it is made of, its blocks by theme, and their arrangement."""

from survey_app.web.annual.content import LONGEST_OPEN_TABLE, Block, Content, Headline, Page, numbered
from survey_app.web.annual.page import result_page

__all__ = ["LONGEST_OPEN_TABLE", "Block", "Content", "Headline", "Page", "numbered", "result_page"]
