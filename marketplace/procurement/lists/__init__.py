"""Service lists: what a buyer means to buy in the coming years, in editions that the public comments on."""
