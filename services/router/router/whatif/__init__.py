"""What another plan, or another number of reps, would make of the leads, in simulated time."""
