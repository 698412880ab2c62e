"""Pages of the door: they load, ask the policy, bind a form, call one command and answer."""
