"""Building blocks of hand-designed networks, each a frozen record of the numbers in its paper's table."""
