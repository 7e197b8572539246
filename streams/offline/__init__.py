"""The data path over a log, without a broker: replay, training, evaluation, explanation."""
