"""The `baton` command: a thin frame; the commands themselves live beside what they speak to."""
