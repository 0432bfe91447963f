"""What a score needs: encoder, tables, trees, calibration, grades, reasons, the bundle."""
