"""The images and the composition of them: locks of the images, and the proof that all of it runs."""
