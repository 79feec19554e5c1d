"""The subcommands of cocoqa-report, a module each."""
