"""What people fill in at the door. Forms see to shape; the rules are the policy's."""
