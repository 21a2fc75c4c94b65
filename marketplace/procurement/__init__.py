"""Procurement: communities buy services from social organisations in the open. Six rooms on a staircase, each knows those below it:

lists < tenders < bids < evaluation < awards < contracts; what all of them stand on lies beside this file (docs/adr/0024).
"""
