"""The demo organisation: its seed, its mailbox and its second-factor codes. Off in production."""
