"""`limen rnn`: the commands of the recurrent wing, each in a file of its own."""

from __future__ import annotations

import typer

from limen.cli import _rnn_derive, _rnn_fit, _rnn_flow, _rnn_remedies

app = typer.Typer(add_completion=False, context_settings={"help_option_names": ["-h", "--help"]})
app.command(name="derive", epilog=_rnn_derive.EPILOG)(_rnn_derive.derive_command)
app.command(name="flow", epilog=_rnn_flow.EPILOG)(_rnn_flow.flow_command)
app.command(name="fit", epilog=_rnn_fit.EPILOG)(_rnn_fit.fit_command)
app.command(name="remedies", epilog=_rnn_remedies.EPILOG)(_rnn_remedies.remedies_command)


@app.callback(invoke_without_command=True)
def rnn_command(context: typer.Context) -> None:
    """Recurrent nets: the chain rule written out, where the gradient goes, what would cure it, and learning by hand."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
