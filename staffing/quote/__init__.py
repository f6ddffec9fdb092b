"""Prospect → quote: what a merchant who is not there yet needs, and what one seat more is worth.

prospect   the merchant's facts and terms, from flags or a TOML file
priors     what is assumed where nobody tells, each number with its source
known      what the workspace's own shops teach about such a shop
estimate   contacts and seats for each kind of day, P50, P80, P90; headcount; what is open
money      decimals, rounded once a line
rates      what service costs us and what it is sold at, each default with its source
costs      a month of work -> the lines of its cost
prices     the same work sold in five ways; break-even volumes, instalments
offer      all of that together
advice     seats n-2 ... n+3: service level, occupancy, cost and sales lost
"""
