"""What both sides are held to: deliveries, promises, objections, months and their closing."""
