"""The domain of Wushe, in slices, and the ways in that are not pages. See docs/tour.md."""
