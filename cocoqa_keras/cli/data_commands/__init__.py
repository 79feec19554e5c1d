"""The subcommands of cocoqa-data, a module each."""
