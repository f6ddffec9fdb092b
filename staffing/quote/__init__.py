"""Prospect → quote: what a merchant who is not there yet needs, and what one seat more is worth.

prospect   the merchant's facts and terms, from flags or a TOML file
priors     what is assumed where nobody tells, each number with its source
known      what the workspace's own shops teach about such a shop
notes      what is assumed on the way, each number with its origin
days       which kind of day a date is: ordinary, or a promotion's warm-up, peak or tail
volume     contacts of each kind of day, and how they spread
terms      service level, handle time, chats at once, caps: as told, else as known
seating    seats of a kind of day at P50, P80, P90; the people to employ for them
plausible  what contradicts itself in the merchant's figures
estimate   all of that together; what is open before a firm quote
money      decimals, rounded once a line
rates      what service costs us and what it is sold at, each default with its source
costs      a month of work -> the lines of its cost
prices     the same work sold in five ways; break-even volumes, instalments
offer      all of that together
advice     seats n-2 ... n+3: service level, occupancy, cost and sales lost
hiring     what somebody hired costs, when to decide on it, how fast they become
book       the shops under contract and the prospects, week by week
crew       what a week's agents cover at best, and what more of them would
capacity   whether the book can be delivered, and the cheapest hires and trainings where not
"""
