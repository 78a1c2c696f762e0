"""One use case a module: a batch of news, a rep's act, a drain, a change to the roster."""
