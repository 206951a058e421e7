"""Checks that are programs of their own, each with a control that proves it can fail."""
