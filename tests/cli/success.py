"""What a command prints when all is well."""


def done(main, arguments, capsys):
    """What a command prints, which has to succeed and to complain of nothing."""
    assert main([str(argument) for argument in arguments]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out
