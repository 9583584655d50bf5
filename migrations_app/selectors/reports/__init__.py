"""The report of a run: one model of what is true, one document made from it, and the forms that people get it in."""
