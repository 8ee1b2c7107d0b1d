"""From constraints to the nodes of a web template: as EHRbase does it, so that FLAT paths are the same.

Equal to EHRbase 2.16 (SDK 2.22) for all of its test data. By rule, and in none of that data, ours differ so:

* DV_SCALE and DV_STATE are compiled; EHRbase refuses the template.
* A code without a term is the node's name, a careflow step without codes has none; EHRbase fails.
* A default with leading zeros (`007`) stays text; EHRbase writes it as the octal number that it is not.
* What the constraint of a name holds has the path of that name; EHRbase gives it that of the named node.

None of these changes a FLAT path that EHRbase has.
"""
