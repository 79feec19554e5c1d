"""A page in the browser to ask a trained model on."""
