"""What was delivered, what those who received it say of it, and what everybody reads of it. Five rooms on a staircase:

properties < deliveries < ratings < scorecards < signals; each knows those below it, and all the pure formula (docs/adr/0029).
"""
