"""Pure decisions on roles and their rules, one file per subject."""
