"""What deploy/k8s is made of and proven with: generated files, and a real API server without nodes."""
