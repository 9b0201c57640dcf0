"""The rules of the society's electricity billing: values in, values out; no clock, no I/O, no float."""
