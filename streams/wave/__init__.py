"""Between the stages: one batch's workspace, cut into waves."""
