"""The mixed-language demo: one cluster, its members written in many languages."""
