"""Pure: facts in, timers, firings and shares of time out."""
