"""Facts of the openEHR reference model (RM 1.1) and of the openEHR terminology; data in text files beside.

`types.txt` has attributes in the order in which EHRbase lists what a template does not constrain.
"""
