"""The paper's baselines beside the models: GUESS, IMG, IMG+PRIOR and K-NN."""
