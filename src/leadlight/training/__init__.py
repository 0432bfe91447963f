"""How a model is learnt: preparing, the audit, learners, selection, tuning, choosing, fitting, evaluating."""
