"""Pure decisions: who may change whom, and what a change would do."""
