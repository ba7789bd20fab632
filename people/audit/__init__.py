"""The audit log as people read it: who may read what of it, and in which words."""
