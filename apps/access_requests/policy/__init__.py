"""The rules of the door: pure functions over facts that were loaded before.

Rule names and their order are Entra's (fact sheet, section 3.3); all are asked, and all refusals come back
together. What differs from Entra stands in the design, section 5.
"""
