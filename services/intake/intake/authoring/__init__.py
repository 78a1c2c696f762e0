"""What helps whoever connects a form: a form proposed, tried on a payload, written as HTML to paste."""
