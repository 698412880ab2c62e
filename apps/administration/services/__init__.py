"""Commands: each one transaction, judged by `policy`, written by the apps below."""
