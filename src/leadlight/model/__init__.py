"""What is learnt: encoder, learners, calibration, grades, reasons, the bundle."""
