"""Files that systems, or an enemy, may hand over: each is read, read in part, or refused with a sentence.

The numbers are those of the list of bad input that the project keeps to (1 to 45: files).
"""
