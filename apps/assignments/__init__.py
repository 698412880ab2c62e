"""Owns: the facts of who holds what and when, group membership, and what a person may do now.
Does not: know about requests or approvals; whoever writes here has decided already.
Called by: access_requests, the one door, for every change; selectors by everybody above."""
