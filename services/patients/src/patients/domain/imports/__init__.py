"""Bulk imports: a stream of lines becomes patients, chunk by chunk.

splitting  bytes -> chunks of numbered lines, in bounded memory
reading    a line -> a record and what of it is not kept, or why it is refused
fhir       a FHIR Patient as the document of a record
table      the fields of a CSV line as the document of a record
settling   which lines are new people, known ones, or claim what is somebody else's
numbering  the id that a line's patient has, however often the line is sent
job        the import itself, and what the use cases need from outside
"""
