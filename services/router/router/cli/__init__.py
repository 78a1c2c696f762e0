"""What the router offers to the `baton` command, a file for each subject; over HTTP only."""
