"""One function a figure: from plain records to an Altair chart."""
